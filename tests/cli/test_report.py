"""`app.py report`: from disk alone, and against another benchmark as a gate."""

import json

import pytest

from app.cli import main
from tests.report.golden import Made, make_benchmark


@pytest.fixture
def two(here, write_config):
    """A benchmark called tiny that lies on disk with a score that fell, and the one before it."""
    for name, quality in (("earlier", 0.9), ("tiny", 0.7)):
        runs = [Made(architecture=model, quality=quality, seed=seed) for model in ("a", "b") for seed in (0, 1)]
        make_benchmark(here / "reports" / name, runs, name=name, pages=False)
    return write_config()


def test_a_fall_beyond_noise_closes_the_gate_if_asked_to(here, two, capsys):
    words = ["report", "--config", str(two), "--against", "reports/earlier"]
    assert main(words) == 0
    assert "worse by more than noise" in capsys.readouterr().out
    assert main([*words, "--fail-on-regression"]) == 1
    folder = here / "reports" / "tiny"
    assert json.loads((folder / "comparison.json").read_text())["regressions"] == ["a", "b"]
    page = (folder / "comparison.html").read_text(encoding="utf-8")
    assert "a and b are worse by more than noise." in page
    assert (folder / "index.html").is_file()


@pytest.mark.slow
def test_nothing_fell_since_itself(two):
    assert main(["report", "--config", str(two), "--against", "reports/tiny", "--fail-on-regression"]) == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--against", "reports/nowhere"], "reports/nowhere: no benchmark here"),
        (["--fail-on-regression"], "give --against DIR too"),
    ],
)
def test_a_comparison_with_nothing_is_refused_and_writes_nothing(here, two, capsys, words, told):
    assert main(["report", "--config", str(two), *words]) == 2
    assert told in capsys.readouterr().err
    assert not (here / "reports" / "tiny" / "index.html").exists()
