"""`python app.py monitor` as it is typed: its pages, its words and its exit codes."""

import subprocess
import sys

import pytest

from app.cli import main
from app.layout import ServedFolder
from app.serving.drift.record import read_drift
from app.serving.registry.registry import Registry
from tests.conftest import PROJECT
from tests.serving.drift.samples import make_model, unusual, usual
from tests.serving.packages import serve_rows


@pytest.fixture
def registered(here):
    """A registry with one model, its champion."""
    folder = make_model(here / "made", usual(0, 200)).folder
    Registry("registry").add("tiny", folder, alias="champion")
    return ServedFolder(here / "served" / "tiny")


def test_drift_is_exit_code_3_and_a_page(registered, capsys):
    serve_rows(registered, unusual(0, 120), version=1)
    assert main(["monitor"]) == 3
    said = capsys.readouterr().out
    assert "Drift in the last 120 requests: " in said
    assert f"report: {registered.page.relative_to(registered.path.parent.parent)}" in said
    assert "out of vocabulary" in said
    assert registered.notebook.exists()
    assert "Drift in the last 120 requests" in registered.page.read_text()
    assert (read_drift(registered.record).version, read_drift(registered.record).requests) == (1, 120)


@pytest.mark.slow
def test_two_at_once_do_no_harm_to_each_other(registered):
    serve_rows(registered, usual(200, 320), version=1)
    words = [sys.executable, PROJECT / "app.py", "monitor", "--model", "tiny@1", "--last", "110"]
    both = [subprocess.Popen(words, cwd=registered.path.parent.parent, stdout=subprocess.PIPE) for _ in range(2)]
    for process in both:
        said, _ = process.communicate()
        assert process.returncode == 0, said
        assert b"No drift in the last 110 requests." in said
    assert "No drift in the last 110 requests." in registered.page.read_text()
    assert read_drift(registered.record).requests == 110
    assert {path.name for path in registered.path.iterdir() if not path.name.startswith((".", "predictions"))} == {
        "drift.html",
        "drift.ipynb",
        "drift.json",
    }


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--last", "0"], "--last 0: must be 1 or more"),
        (["--since", "yesterday"], "--since yesterday: is no moment; write it as 2026-01-31 or 2026-01-31T12:00:00Z"),
        (["--since", "0001-01-01T00:00:00+05:00"], "--since 0001-01-01T00:00:00+05:00: is no moment"),
        (["--model", "tiny@7"], "tiny: has no version 7; there are champion (version 1)"),
        (["--served", "elsewhere"], "elsewhere/tiny/predictions.db: there is none, so nothing was served"),
    ],
)
def test_wrong_input_is_exit_code_2_and_nothing_is_written(registered, capsys, words, told):
    serve_rows(registered, usual(200, 210), version=1)
    assert main(["monitor", *words]) == 2
    assert told in capsys.readouterr().err
    assert not registered.page.exists()


def test_an_empty_registry_says_what_to_do_first(here, capsys):
    assert main(["monitor"]) == 2
    assert "there is no model in it; make one with" in capsys.readouterr().err


def test_a_package_with_a_changed_byte_is_refused(registered, here, capsys):
    serve_rows(registered, usual(200, 210))
    with (here / "made" / "reference.parquet").open("ab") as file:
        file.write(b"x")
    assert main(["monitor", "--model", "made"]) == 2
    assert "reference.parquet: is not the file that was packaged" in capsys.readouterr().err
