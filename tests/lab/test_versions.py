"""A data file that DVC tracks is known by its md5, and fetched where it is missing."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from app.cli import main
from app.config import Dataset
from app.errors import DataError
from app.lab.datasets import load_examples

ROWS = "text,label\n" + "".join(f"a line of number {number},{'yes' if number % 2 else 'no'}\n" for number in range(40))
OTHER = ROWS.replace("line", "row")


def md5_of(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


def track(path: Path, text: str, *, head: str = "hash: md5") -> None:
    """What `dvc add` writes beside a file."""
    lines = [f"- md5: {md5_of(text)}", f"  size: {len(text)}", f"  {head}" if head else "", f"  path: {path.name}"]
    path.with_name(f"{path.name}.dvc").write_text("outs:\n" + "\n".join(filter(str.strip, lines)) + "\n")


def dataset(folder: Path, **files: str) -> Dataset:
    return Dataset.model_validate({"path": {split: str(folder / name) for split, name in files.items()}})


@pytest.fixture
def without_dvc(monkeypatch, tmp_path):
    """No dvc on the path, nor beside this Python."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "bin" / "python"))


def test_the_md5_of_a_tracked_file_is_in_the_record(tmp_path):
    (tmp_path / "train.csv").write_text(ROWS)
    (tmp_path / "test.csv").write_text(OTHER)
    track(tmp_path / "train.csv", ROWS)
    examples = load_examples(dataset(tmp_path, train="train.csv", test="test.csv"))
    assert examples.record().versions == {"train": md5_of(ROWS)}


def test_so_is_that_of_plain_text(tmp_path):
    (tmp_path / "songs.txt").write_text("a line\n" * 200)
    track(tmp_path / "songs.txt", "a line\n" * 200)
    examples = load_examples(dataset(tmp_path, train="songs.txt"), "causal-lm")
    assert examples.record().versions == {"train": md5_of("a line\n" * 200)}


def test_of_files_that_nobody_tracks_there_is_none(tmp_path):
    (tmp_path / "train.csv").write_text(ROWS)
    assert load_examples(dataset(tmp_path, train="train.csv")).record().versions == {}


def test_a_file_of_another_version_is_refused(tmp_path):
    (tmp_path / "train.csv").write_text(OTHER)
    track(tmp_path / "train.csv", ROWS)
    with pytest.raises(DataError) as caught:
        load_examples(dataset(tmp_path, train="train.csv"))
    place = tmp_path / "train.csv"
    assert str(caught.value) == (
        f"{place}: is not the version that train.csv.dvc names (md5 {md5_of(ROWS)}); "
        f"`dvc checkout {place}.dvc` brings that one back, `dvc add {place}` makes this one a version"
    )


def test_a_file_that_dvc_2_tracked_may_have_other_line_ends(tmp_path):
    (tmp_path / "train.csv").write_bytes(ROWS.replace("\n", "\r\n").encode())
    track(tmp_path / "train.csv", ROWS, head="")
    assert load_examples(dataset(tmp_path, train="train.csv")).record().versions == {"train": md5_of(ROWS)}


@pytest.mark.parametrize("text", ["outs: 7\n", "outs: []\n", "outs:\n- md5: 00.dir\n  path: train.csv\n"])
def test_a_dvc_file_without_an_md5_is_refused(tmp_path, text):
    (tmp_path / "train.csv").write_text(ROWS)
    (tmp_path / "train.csv.dvc").write_text(text)
    with pytest.raises(DataError, match=r"train.csv.dvc: names no md5 of one file; track the file anew"):
        load_examples(dataset(tmp_path, train="train.csv"))


def test_every_missing_file_is_told_with_its_remedy_where_there_is_no_dvc(here, write_config, without_dvc, capsys):
    for name in ("train.csv", "test.csv"):
        track(here / name, ROWS)
    config = write_config(dataset={"path": {"train": "train.csv", "test": "test.csv"}})
    assert main(["--config", str(config)]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    for line, name in zip(lines, ("train.csv", "test.csv"), strict=True):
        assert line.startswith(f"{name}: is not here, and {name}.dvc says that DVC has it; there is no dvc: install it")
    assert not (here / "reports").exists()


@pytest.fixture
def remote(tmp_path, monkeypatch):
    """A repository of DVC without git, its remote a folder; the tracked file is pushed, and gone from here."""
    if shutil.which("dvc") is None:
        pytest.skip("no dvc is on the path")
    repository = tmp_path / "repository"
    repository.mkdir()
    (repository / "train.csv").write_text(ROWS)
    monkeypatch.setenv("DVC_NO_ANALYTICS", "1")
    monkeypatch.setenv("DVC_SITE_CACHE_DIR", str(tmp_path / "site"))
    words = (
        ["init", "--no-scm"],
        ["remote", "add", "--default", "store", str(tmp_path / "remote")],
        ["add", "train.csv"],
        ["push"],
    )
    for arguments in words:
        subprocess.run(["dvc", *arguments, "--quiet"], cwd=repository, check=True, capture_output=True)
    (repository / "train.csv").unlink()
    shutil.rmtree(repository / ".dvc" / "cache")
    return repository


def test_a_missing_file_is_pulled_from_the_remote(remote):
    examples = load_examples(dataset(remote, train="train.csv"))
    assert (remote / "train.csv").read_text() == ROWS
    assert examples.record().versions == {"train": md5_of(ROWS)}


def test_a_remote_that_has_lost_it_is_told_with_a_remedy(remote, tmp_path):
    shutil.rmtree(tmp_path / "remote")
    with pytest.raises(
        DataError, match=r"train.csv: is not here, and dvc cannot pull it: failed to pull .+; try `dvc pull"
    ):
        load_examples(dataset(remote, train="train.csv"))
    assert not (remote / "train.csv").exists()


def test_a_remote_whose_file_was_changed_is_not_taken_for_the_version(remote, tmp_path):
    (stored,) = (path for path in (tmp_path / "remote").rglob("*") if path.is_file())
    stored.chmod(0o644)
    stored.write_text(OTHER)
    with pytest.raises(DataError, match=r"train.csv: (is not the version|is not here, and dvc cannot pull it)"):
        load_examples(dataset(remote, train="train.csv"))
