"""The API's benchmark loads a server as clients would, and counts what fails."""

import json
import runpy
import sys

import pytest

from benchmarks import serving
from benchmarks.load import apply_load, make_requests
from benchmarks.sections import Plan
from tests.serving.api.graphs import make_package
from tests.serving.api.serving import Served


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    return make_package(tmp_path_factory.mktemp("made") / "package")


def test_every_answer_is_timed_and_every_refusal_counted(package, tmp_path):
    with Served(package, tmp_path) as served:
        port = int(served.listen().rsplit(":", 1)[1])
        load = apply_load(port, make_requests("/v1/predict", ["card", "ä rate"]), connections=4, seconds=0.3)
        assert load.failed == 0
        assert len(load.latencies) == served.figure("serving_requests_total", **PREDICTED) > 4
        assert 0 < load.milliseconds(50) <= load.milliseconds(99)
        assert load.rate > 0
        load = apply_load(port, make_requests("/v1/predict", ["card", ""]), connections=1, seconds=0.1)
        assert load.failed == served.figure("serving_requests_total", **{**PREDICTED, "status": "422"}) > 0


PREDICTED = {"path": "/v1/predict", "method": "POST", "status": "200"}


def test_the_engine_alone_says_how_long_a_text_takes(package, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["ours_engine", "--package", str(package.path)])
    runpy.run_module("benchmarks.competitors.ours_engine", run_name="__main__")
    assert json.loads(capsys.readouterr().out)["milliseconds"] > 0


@pytest.mark.slow
def test_the_section_measures_all_that_it_is_to(monkeypatch):
    monkeypatch.setattr(serving, "MODEL", "toy")
    lines = serving.measure_serving(Plan(repeats=1, quick=True, limits={}))
    assert len(lines) == 8
    failed = next(line for line in lines if "failed" in line.name)
    assert failed.entries[0].values == (0.0,)
    assert all(len(line.entries[0].values) == 1 for line in lines)
