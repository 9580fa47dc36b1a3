"""Thousands of wrong files: each is refused with a reason, or taken; never a traceback, and nothing half done."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings

from app.cli import main
from tests.fuzz.documents import BENCHMARK, LYRICS, SWEEP, files, overrides, texts

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "15"))  # of each test; make fuzz tries more
CORPUS = sorted((Path(__file__).parent / "corpus").glob("*.yaml"))
many = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)


@pytest.fixture(scope="module", autouse=True)
def _no_network(tmp_path_factory):
    """Many a word looks like a data set on a hub: none is asked for."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HF_HUB_OFFLINE", "1")
        patch.setenv("BERT_BENCHMARK_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def check(here, capsys):
    """Says whether a file was taken; a reason must have been given otherwise, and nothing may be written."""

    def call(content: str | bytes, *words: str, command: tuple[str, ...] = ()) -> bool:
        file = here / "fuzz.yaml"
        file.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))
        (here / "x.yaml").write_text(yaml.safe_dump(BENCHMARK))
        before = sorted(path.name for path in here.iterdir())
        code = main([*command, "--config", str(file.name), *words, "--dry-run"])
        printed = capsys.readouterr()
        assert code in (0, 2)
        assert sorted(path.name for path in here.iterdir()) == before
        assert (code == 2) == bool(printed.err.strip())
        if code == 2:
            assert "Traceback" not in printed.err
        return code == 0

    return call


def test_the_files_that_others_are_made_from_are_taken(check):
    assert check(yaml.safe_dump(BENCHMARK))
    assert check(yaml.safe_dump(LYRICS))
    assert check(yaml.safe_dump(SWEEP), command=("sweep",))


@pytest.mark.parametrize("path", CORPUS, ids=[path.stem for path in CORPUS])
def test_what_was_found_once_is_not_found_again(check, path):
    command = ("sweep",) if path.stem.startswith("sweep") else ()
    assert check(path.read_bytes(), command=command) == path.stem.endswith("-valid")


@many
@given(content=files(BENCHMARK))
def test_a_benchmark_file_with_wrong_values(check, content):
    check(content)


@many
@given(content=files(LYRICS))
def test_a_file_of_a_language_model_with_wrong_values(check, content):
    check(content)


@many
@given(content=texts(BENCHMARK))
@example(content=b"")
def test_a_benchmark_file_that_is_hardly_one(check, content):
    check(content)


@many
@given(words=overrides(BENCHMARK))
def test_words_after_set(check, words):
    check(yaml.safe_dump(BENCHMARK), *(f"--set={word}" for word in words))


@many
@given(content=files(SWEEP))
def test_a_sweep_file_with_wrong_values(check, content):
    check(content, command=("sweep",))


@many
@given(content=texts(SWEEP))
def test_a_sweep_file_that_is_hardly_one(check, content):
    check(content, command=("sweep",))


@pytest.mark.parametrize(
    "words",
    [
        ("architectures.1.config.hidden_size.x=None", "architectures.1.config.0=1"),
        ("dataset.text={0: 1}",),
        ("name=\x1b[31m",),
        ("\x1b[31m=1",),
    ],
)
def test_words_that_were_found_once(check, words):
    assert not check(yaml.safe_dump(BENCHMARK), *(f"--set={word}" for word in words))
