"""A report is made again when anything it was made from has changed, and only then."""

import json
import os
import shutil

import pytest

from app.layout import BenchmarkFolder
from app.report.page import seal
from app.report.page.seal import digest_inputs, is_current, seal_report
from tests.report.golden import Made, make_benchmark

RUNS = [Made(architecture="a"), Made(architecture="b", quality=0.7), Made(architecture="c", status="missing")]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return make_benchmark(tmp_path_factory.mktemp("made") / "x", RUNS, examples=50, texts=["a text"])


@pytest.fixture
def folder(made, tmp_path):
    """A benchmark with a report that is up to date."""
    shutil.copytree(made.path, tmp_path / "x")
    folder = BenchmarkFolder(tmp_path / "x")
    for part in (folder.page, folder.notebook, folder.table):
        part.write_text(f"made of {part.name}")
    seal_report(folder, digest_inputs(folder))
    assert is_current(folder)
    return folder


def result_of(folder, architecture):
    (path,) = folder.runs.glob(f"{architecture}-*/result.json")
    return path


def test_a_changed_result_counts_even_if_size_and_time_are_the_same(folder):
    path = result_of(folder, "a")
    before = path.stat()
    path.write_text(path.read_text().replace('"seed": 0', '"seed": 1'))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size
    assert not is_current(folder)


def test_an_added_result_counts(folder):
    run = folder.runs / "c-lr0.001-s0"
    shutil.copytree(result_of(folder, "b").parent, run)
    assert not is_current(folder)


@pytest.mark.parametrize("name", ["result.json", "predictions.parquet", "history.csv", "notebook.html"])
def test_what_a_run_no_longer_has_counts(folder, name):
    (result_of(folder, "a").parent / name).unlink()
    assert not is_current(folder)


@pytest.mark.parametrize("name", ["predictions.parquet", "history.csv"])
def test_what_a_run_has_anew_counts(folder, name):
    os.utime(result_of(folder, "a").parent / name)
    assert not is_current(folder)


def test_examples_that_are_gone_or_there_anew_count(folder):
    before = folder.examples.stat()
    os.utime(folder.examples)
    assert not is_current(folder)
    os.utime(folder.examples, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert is_current(folder)
    folder.examples.unlink()
    assert not is_current(folder)


@pytest.mark.parametrize("name", ["page", "notebook", "table", "record", "seal"])
def test_a_file_of_the_report_that_is_gone_counts(folder, name):
    getattr(folder, name).unlink()
    assert not is_current(folder)


@pytest.mark.parametrize("name", ["page", "notebook", "table", "record", "seal"])
def test_a_file_of_the_report_that_is_torn_counts(folder, name):
    path = getattr(folder, name)
    path.write_bytes(path.read_bytes()[:-3])
    assert not is_current(folder)


def test_a_changed_plan_counts(folder):
    document = json.loads(folder.record.read_text())
    folder.record.write_text(json.dumps({**document, "runs": document["runs"][:1]}))
    assert not is_current(folder)


@pytest.mark.parametrize(
    "file", ["app/report/sections/tables.py", "app/report/page/template/page.css", "app/drawing.py"]
)
def test_changed_code_of_the_report_counts(folder, tmp_path, monkeypatch, file):
    project = tmp_path / "project"
    shutil.copytree(seal.PROJECT / "app", project / "app", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(seal.PROJECT / "notebooks", project / "notebooks")
    monkeypatch.setattr(seal, "PROJECT", project)
    monkeypatch.setattr(seal, "REPORT", project / "notebooks" / "report.py")
    monkeypatch.setattr(seal, "SUITE", project / "notebooks" / "suite.py")
    monkeypatch.setattr(seal, "SEARCH", project / "notebooks" / "search.py")
    seal._code.cache_clear()
    assert is_current(folder)  # the same code elsewhere
    with (project / file).open("a") as source:
        source.write("\n/* changed */" if file.endswith("css") else "\n# changed\n")
    seal._code.cache_clear()
    assert not is_current(folder)
    seal._code.cache_clear()


def test_one_more_published_score_counts(folder, tmp_path, monkeypatch):
    table = tmp_path / seal.REFERENCES.name
    shutil.copy(seal.REFERENCES, table)
    monkeypatch.setattr(seal, "REFERENCES", table)
    seal._code.cache_clear()
    assert is_current(folder)
    table.write_text(table.read_text() + "# one more\n")
    seal._code.cache_clear()
    assert not is_current(folder)
    seal._code.cache_clear()


def test_what_the_report_does_not_read_does_not_count(folder):
    (result_of(folder, "a").parent / "log.txt").write_text("words")
    (folder.path / "wandb").mkdir()
    assert is_current(folder)
