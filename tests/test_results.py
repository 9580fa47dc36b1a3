"""The record of a run is whole on disk, or it is not there."""

import json
from datetime import UTC, datetime

import pytest

from app.checksums import seal_document
from app.results import (
    Cost,
    Primary,
    RunFailure,
    RunResult,
    Status,
    read_result,
    write_atomically,
    write_result,
)


def a_result(**changes) -> RunResult:
    fields = {
        "run_id": "bert-tiny-lr0.001-s0-0a1b2c3d",
        "benchmark": "quickstart",
        "status": Status.OK,
        "architecture": "bert-tiny",
        "family": "bert",
        "seed": 0,
        "hyperparameters": {"learning_rate": 0.001},
        "primary": Primary(name="accuracy", split="test", value=0.9, direction="max"),
        "metrics": {"test": {"accuracy": 0.9}},
        "started": datetime(2026, 1, 1, tzinfo=UTC),
        "finished": datetime(2026, 1, 1, 0, 1, tzinfo=UTC),
    }
    return RunResult.model_validate(fields | changes)


def test_what_is_written_is_read_back(tmp_path):
    write_result(a_result(), tmp_path / "deep" / "result.json")
    assert read_result(tmp_path / "deep" / "result.json") == a_result()


def test_the_file_has_the_keys_of_the_contract(tmp_path):
    write_result(a_result(), tmp_path / "result.json")
    document = json.loads((tmp_path / "result.json").read_text())
    assert document["schema"] == 1
    wanted = "run_id benchmark status error architecture family seed hyperparameters primary metrics cost dataset wandb"
    assert set(wanted.split()) | {"environment", "started", "finished"} <= set(document)
    assert document["status"] == "ok"


def test_a_failure_is_a_result_too(tmp_path):
    failed = a_result(
        status=Status.FAILED, primary=None, error=RunFailure(kind="OutOfMemory", message="too large", cell=7)
    )
    write_result(failed, tmp_path / "result.json")
    assert read_result(tmp_path / "result.json") == failed


def test_a_score_that_is_not_a_number_is_null_in_the_file(tmp_path):
    diverged = a_result(primary=Primary(name="accuracy", split="test", value=float("nan"), direction="max"))
    write_result(diverged, tmp_path / "result.json")
    assert json.loads((tmp_path / "result.json").read_text())["primary"]["value"] is None
    read = read_result(tmp_path / "result.json")
    assert read.primary.value != read.primary.value


@pytest.mark.parametrize("cut", [0, 1, 100, -2])
def test_a_torn_file_is_no_result(tmp_path, cut):
    path = tmp_path / "result.json"
    write_result(a_result(), path)
    path.write_text(path.read_text()[:cut])
    assert read_result(path) is None


@pytest.mark.parametrize("text", ["[]", "null", "{}", '{"schema": 2}', '{"schema": 1}', "\x00\xff"])
def test_what_is_not_a_record_is_no_result(tmp_path, text):
    (tmp_path / "result.json").write_text(text)
    assert read_result(tmp_path / "result.json") is None


def test_a_file_that_is_not_there_is_no_result(tmp_path):
    assert read_result(tmp_path / "result.json") is None


def test_an_interrupted_write_leaves_the_old_file_and_no_debris(tmp_path, monkeypatch):
    path = tmp_path / "result.json"
    write_atomically(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write_atomically(path, "new \ud800")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_keys_of_a_later_version_are_no_obstacle(tmp_path):
    path = tmp_path / "result.json"
    write_result(a_result(), path)
    document = json.loads(path.read_text()) | {"energy_joules": 3}
    del document["checksum"]
    path.write_text(seal_document(document))
    assert read_result(path) == a_result()


def test_a_record_from_before_backends_were_compared_is_still_read(tmp_path):
    path = tmp_path / "result.json"
    timing = {"backend": "torch", "batch_size": 1, "sequence_length": 16, "p50_seconds": 0.25, "p95_seconds": 0.5}
    cost = {"parameters": 1, "train_seconds": 2.0, "train_samples_per_second": 3.0, "peak_memory_bytes": 4}
    write_result(a_result(), path)
    document = json.loads(path.read_text())
    del document["checksum"], document["files"]
    document["cost"] = {**cost, "exclusive": True, "inference": [{**timing, "samples_per_second": 4.0}]}
    path.write_text(json.dumps(document))
    read = read_result(path)
    (old,) = read.cost.inference
    assert (old.p50_seconds, old.p95_seconds, old.p99_seconds, old.settled, old.mfu) == (0.25, 0.5, None, False, None)
    assert (read.cost.backends, read.cost.flops_per_example, read.cost.energy_joules) == ((), None, {})
    write_result(read, path)
    assert read_result(path) == read


def test_memory_and_speed_are_kept_with_their_units():
    cost = Cost(parameters=1, train_seconds=2.0, train_samples_per_second=3.0, peak_memory_bytes=4, exclusive=True)
    assert set(cost.model_dump()) == {
        *(
            "parameters",
            "model_bytes",
            "train_seconds",
            "train_samples_per_second",
            "peak_memory_bytes",
            "exclusive",
            "training_exclusive",
            "inference",
            "backends",
            "flops_per_example",
            "tokens_per_example",
            "matrix_limit_flops",
            "stage_peak_memory_bytes",
            "energy_joules",
            "energy_sources",
        )
    }
