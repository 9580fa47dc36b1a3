"""A store that cannot be written is counted and told, and nobody who asks for an answer notices."""

import sqlite3
from pathlib import Path

import pytest

from app.serving.api.metrics import Metrics
from app.serving.api.recording import PARTS, Recorder
from app.serving.store.store import Store
from tests.bench.small_disk import run_on_small_disk
from tests.serving.api.serving import Served, wait_until
from tests.serving.store.rows import make_row


def test_on_a_full_disk_serving_goes_on_and_metrics_say_so(tmp_path):
    told = run_on_small_disk(Path(__file__).with_name("store_faults.py"), tmp_path / "disk", size="600k")
    assert told["before"] == told["after"] == 200
    assert told["while it is full"] == [200]
    assert told["lost"] >= 32
    status, message = told["feedback"]
    assert status == 503
    assert "could not be kept" in message


def test_a_database_that_is_torn_disturbs_no_answer(packages, tmp_path, caplog):
    with Served(packages("text-classification"), tmp_path) as served, caplog.at_level("INFO", "serving"):
        served.store.path.parent.mkdir(parents=True, exist_ok=True)
        served.store.path.write_bytes(b"SQLite format 3\x00" + b"\xff" * 5000)
        assert served.ask("/v1/predict", {"text": "card"}).status_code == 200
        wait_until(lambda: served.figure("serving_store_lost_rows_total"))
        served.store.path.unlink()
        assert served.ask("/v1/predict", {"text": "card"}).status_code == 200
        wait_until(served.store.read)
    assert [record.message for record in caplog.records if "store" in record.message] == [
        "store fails",
        "store works again",
    ]


def test_a_store_that_waits_for_another_program_makes_nobody_wait(tmp_path):
    store, metrics = Store(tmp_path / "x.db"), Metrics()
    store.record([make_row(0)])
    other = sqlite3.connect(tmp_path / "x.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    recorder = Recorder(store, metrics)
    for _ in range(3 * PARTS):
        recorder.record([make_row(1)])
    lost = metrics.registry.get_sample_value("serving_store_lost_rows_total")
    assert lost
    assert lost >= PARTS - 1
    other.execute("ROLLBACK")
    other.close()
    recorder.close()


@pytest.fixture
def recorder(tmp_path):
    return Recorder(Store(tmp_path / "x.db"), Metrics())


def test_what_was_handed_over_is_written_before_the_end(recorder):
    for number in range(50):
        recorder.record([make_row(number)])
    recorder.close()
    assert len(recorder.store.read()) == 50
