from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.checksums import seal_document
from app.errors import DataError
from app.layout import BenchmarkFolder
from app.report.gather import read_benchmark
from app.results import RunFailure
from tests.report.golden import Made, make_benchmark


def test_results_come_in_the_order_of_the_plan_and_gaps_are_called_missing(tmp_path: Path) -> None:
    runs = [
        Made(architecture="b"),
        Made(architecture="a", status="timeout", error=RunFailure(kind="Timeout", message="too long")),
        Made(architecture="c", status="missing"),
    ]
    record = read_benchmark(make_benchmark(tmp_path, runs, pages=False))
    assert [(e.plan.architecture, e.status) for e in record.entries] == [
        ("b", "ok"),
        ("a", "timeout"),
        ("c", "missing"),
    ]
    assert [entry.plan.architecture for entry in record.unfinished] == ["a", "c"]
    assert record.planned == {"b": 1, "a": 1, "c": 1}


def test_a_torn_result_counts_as_missing(tmp_path: Path) -> None:
    folder = make_benchmark(tmp_path, [Made(architecture="a")], pages=False)
    path = next(folder.runs.glob("*/result.json"))
    path.write_text(path.read_text()[:100])
    assert read_benchmark(folder).entries[0].status == "missing"


def test_a_folder_without_a_benchmark_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no benchmark here, benchmark.json is missing; make one with"):
        read_benchmark(BenchmarkFolder(tmp_path / "nowhere"))


@pytest.mark.parametrize("text", ["", "[]", '{"name": "x"}', '{"name": "x", "config": {}, "runs": 3}'])
def test_a_record_that_is_not_whole_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "benchmark.json").write_text(text)
    with pytest.raises(DataError, match=r"benchmark\.json"):
        read_benchmark(BenchmarkFolder(tmp_path))


def test_a_thousand_runs_are_read(tmp_path: Path) -> None:
    folder = make_benchmark(tmp_path, [Made(architecture="a")], pages=False, examples=2)
    document = json.loads(folder.record.read_text())
    (planned,) = document["runs"]
    result = json.loads(folder.run(planned["run_id"]).result.read_text())
    del result["checksum"]
    document["runs"] = [{**planned, "run_id": f"run-{number}"} for number in range(1000)]
    folder.record.write_text(json.dumps(document))
    for run in document["runs"]:
        path = folder.run(run["run_id"]).result
        path.parent.mkdir()
        path.write_text(seal_document({**result, "run_id": run["run_id"]}))
    assert len(read_benchmark(folder).complete) == 1000
