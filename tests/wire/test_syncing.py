"""`make sync` sends what W&B does not have: offline runs, and online ones that it has not taken whole; once each."""

import os
import signal
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.results import RunResult, Status, TrackingRecord, write_result

KEEP = """
import sys, wandb
run = wandb.init(mode=sys.argv[1], project="tests", dir=sys.argv[2], id=sys.argv[3])
run.log({"eval_accuracy": 0.5})
run.finish()
print(run.settings.sync_dir)
"""


@pytest.fixture
def keep(here, call):
    """Makes a W&B run in the place of a benchmark's; gives its folder."""
    (here / "keep.py").write_text(KEEP)

    def make(mode: str, place: str, run: str) -> Path:
        (here / place).mkdir(parents=True, exist_ok=True)
        said = call(sys.executable, "keep.py", mode, place, run, WANDB_SILENT="true")
        return Path(said.splitlines()[-1])

    return make


def record(folder: Path, mode: str, path: Path) -> None:
    """The result of a run that says where its W&B run is."""
    now = datetime.now(UTC)
    tracked = TrackingRecord(id="x", mode=mode, path=str(path))
    result = RunResult(
        run_id=folder.name,
        benchmark="b",
        status=Status.OK,
        architecture="toy",
        family="bert",
        seed=0,
        hyperparameters={},
        wandb=tracked,
        started=now,
        finished=now,
    )
    write_result(result, folder / "result.json")


def sync(call, **options):
    return call(sys.executable, "-m", "app.syncing", **options)


def test_each_run_is_sent_once(server, keep, call, here):
    keep("offline", "reports/one/wandb", "first")
    keep("offline", "reports/suite/member/wandb", "second")
    whole = keep("online", "reports/one/wandb", "whole")
    torn = keep("online", "reports/one/wandb", "torn")
    record(here / "reports/one/runs/a-1", "online", whole)
    record(here / "reports/one/runs/b-2", "offline", torn)
    record(here / "reports/one/runs/c-3", "offline", here / "gone")
    server.runs.clear()
    sync(call)
    assert {name: run.series("eval_accuracy") for name, run in server.runs.items()} == {
        "first": [0.5],
        "second": [0.5],
        "torn": [0.5],
    }
    assert {run.exit_code for run in server.runs.values()} == {0}
    server.runs.clear()
    assert "no W&B run" in sync(call)
    assert server.runs == {}


@pytest.mark.slow
def test_what_was_interrupted_carries_on_by_the_next_call(server, keep, start, call):
    keep("offline", "reports/one/wandb", "first")
    server.failing = True
    asked = threading.Event()
    server.on_request = lambda _: asked.set()
    process = start(sys.executable, "-m", "app.syncing", start_new_session=True)
    assert asked.wait(60)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    server.failing = False
    sync(call)
    assert server.runs["first"].exit_code == 0


def test_without_credentials_nothing_is_tried(keep, call):
    keep("offline", "reports/one/wandb", "first")
    assert "wandb login" in sync(call, expected=2, WANDB_API_KEY="")
