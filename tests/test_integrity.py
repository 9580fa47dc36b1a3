"""A record and the files it vouches for are what was written, or they do not count."""

import json
import os
import stat
import time
from pathlib import Path

import pytest

from app.integrity import find_damage, is_intact, record_files
from app.results import read_result, write_atomically, write_result
from tests.test_results import a_result


@pytest.fixture
def run(tmp_path):
    """The folder of a run with predictions and history, and its record."""
    (tmp_path / "predictions.parquet").write_bytes(b"predictions" * 100)
    (tmp_path / "history.csv").write_text("step,epoch\n1,1\n")
    files = record_files([tmp_path / "predictions.parquet", tmp_path / "history.csv", tmp_path / "sample.txt"])
    write_result(a_result(files=files), tmp_path / "result.json")
    assert damage_of(tmp_path) is None
    return tmp_path


def damage_of(folder: Path) -> str | None:
    record = folder / "result.json"
    return find_damage(record, read_result(record))


def test_a_record_vouches_for_the_files_that_are_there(run):
    files = read_result(run / "result.json").files
    assert {name: artefact.bytes for name, artefact in files.items()} == {
        "predictions.parquet": 1100,
        "history.csv": 15,
    }


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("0.9", "0.99", 1),
        lambda text: json.dumps(json.loads(text)),  # the same, put in another form
        lambda text: json.dumps({key: value for key, value in json.loads(text).items() if key != "checksum"}),
        lambda text: text.replace('"attempts": 1', '"attempts": 2'),
        lambda text: text + " ",
    ],
    ids=["a score", "form", "without a checksum", "a count", "a space"],
)
def test_a_record_that_was_altered_by_hand_is_none(run, change):
    record = run / "result.json"
    before = record.read_text()
    record.write_text(change(before))
    assert record.read_text() != before
    assert read_result(record) is None
    assert "altered" in damage_of(run)


@pytest.mark.parametrize("length", [0, 1, 300, -3])
def test_a_record_that_was_torn_is_none_and_is_told_so(run, length):
    record = run / "result.json"
    record.write_bytes(record.read_bytes()[:length])
    assert read_result(record) is None
    assert "torn" in damage_of(run)


def test_a_record_from_before_there_were_checksums_is_read_as_it_is(run):
    document = json.loads((run / "result.json").read_text())
    del document["checksum"], document["files"]
    (run / "result.json").write_text(json.dumps(document))
    assert read_result(run / "result.json") == a_result()
    assert damage_of(run) is None


def test_where_there_is_no_record_nothing_is_damaged(tmp_path):
    assert damage_of(tmp_path) is None


def alter(path: Path, *, keep_time: bool = False) -> None:
    before = path.stat()
    path.write_bytes(path.read_bytes().replace(b"1", b"2").replace(b"p", b"q"))
    assert path.stat().st_size == before.st_size
    # a moment later than the record; in a test both are written within one tick of the clock
    later = before.st_mtime_ns if keep_time else time.time_ns() + 10**9
    os.utime(path, ns=(later, later))


@pytest.mark.parametrize("name", ["predictions.parquet", "history.csv"])
def test_a_file_that_was_altered_cut_or_removed_is_found(run, name):
    path = run / name
    content = path.read_bytes()
    alter(path)
    assert f"{name} was altered" in damage_of(run)
    path.write_bytes(content[:-1])
    assert f"{name} has" in damage_of(run)
    path.unlink()
    assert f"{name} is gone" in damage_of(run)
    path.write_bytes(content)
    assert damage_of(run) is None  # copied back, it is as good as before


def test_who_reads_a_file_finds_also_what_keeps_size_and_time(run):
    path, result = run / "predictions.parquet", read_result(run / "result.json")
    assert is_intact(path, result)
    alter(path, keep_time=True)
    assert damage_of(run) is None
    assert not is_intact(path, result)
    path.unlink()
    assert not is_intact(path, result)
    assert is_intact(run / "sample.txt", result)  # of which the record says nothing


def test_what_is_renamed_is_on_the_disk_before_and_its_name_after(tmp_path, monkeypatch):
    """Else a loss of power between the two could leave a file of the right name with nothing in it."""
    order = []
    fsync, replace = os.fsync, os.replace

    def note_fsync(descriptor):
        kind = "folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file"
        order.append((f"fsync {kind}", os.fstat(descriptor).st_ino))
        fsync(descriptor)

    def note_replace(source, target):
        order.append(("rename", Path(source).stat().st_ino))
        replace(source, target)

    monkeypatch.setattr(os, "fsync", note_fsync)
    monkeypatch.setattr(os, "replace", note_replace)
    write_atomically(tmp_path / "result.json", "whole")
    written, folder = (tmp_path / "result.json").stat().st_ino, tmp_path.stat().st_ino
    assert order == [("fsync file", written), ("rename", written), ("fsync folder", folder)]


def test_what_a_record_vouches_for_is_on_the_disk_before_it(tmp_path, monkeypatch):
    (tmp_path / "history.csv").write_text("step\n")
    synced = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(os.fstat(descriptor).st_ino))
    record_files([tmp_path / "history.csv"])
    assert synced == [(tmp_path / "history.csv").stat().st_ino]
