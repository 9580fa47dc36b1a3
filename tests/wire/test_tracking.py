"""A run as W&B sees it at the wire, and what W&B cannot do to a run: delay it for long, or fail it."""

import json
import sys

import pytest

from tests.seldom import seldom

SCRIPT = """
import json, sys, time
from app.lab import tracking
tracking.START_SECONDS, tracking.FINISH_SECONDS = 6, 9
from app.results import Cost, DatasetRecord
tracker = tracking.start_tracking(
    sys.argv[1], project="tests", entity="", group="bench", name="toy-1", tags=["a"], folder="wandb",
    config={"learning_rate": 0.1},
)
print("begun", flush=True)
sys.stdin.readline() if "wait" in sys.argv else None
for epoch in (1, 2):
    tracker.log({"step": epoch, "epoch": epoch, "loss": None, "eval_accuracy": epoch / 4})
cost = Cost(parameters=3, train_seconds=1, train_samples_per_second=1, peak_memory_bytes=1, exclusive=False)
tracker.log_result({"test": {"accuracy": 0.75}}, cost)
if "artifacts" in sys.argv:
    data = DatasetRecord(path="builtin/x", fingerprint="0123456789abcdef0123", rows={})
    tracker.log_artifacts(data, "run", wanted=True)
began = time.monotonic()
record = tracker.finish()
print(json.dumps({"record": record.model_dump(), "seconds": time.monotonic() - began}), flush=True)
import os; os._exit(0)  # as a kernel's driver ends it
"""


@pytest.fixture
def track(here, call):
    (here / "script.py").write_text(SCRIPT)

    def run(mode: str, *words: str, **more: str):
        return json.loads(call(sys.executable, "script.py", mode, *words, **more).splitlines()[-1])

    return run


def only(server):
    (run,) = server.runs.values()
    return run


def test_a_run_is_seen_while_and_after_it_goes_on(server, track):
    said = track("auto")
    run = only(server)
    assert (run.group, run.display_name) == ("bench", "toy-1")
    assert run.config["learning_rate"] == 0.1
    assert run.series("eval_accuracy") == [0.25, 0.5]
    assert run.summary["test/accuracy"] == 0.75
    assert run.summary["cost/parameters"] == 3
    assert run.exit_code == 0
    assert said["record"] == {"id": run.name, "mode": "online", "path": f"team/tests/{run.name}"}


def test_a_slow_one_is_waited_for(server, track):
    server.delay = 0.4
    assert track("auto")["record"]["mode"] == "online"
    assert only(server).exit_code == 0


@pytest.mark.parametrize("mode", ["auto", seldom("online")])
def test_one_that_answers_with_errors_leaves_the_run_offline_and_a_sync_sends_it_once(server, track, call, mode):
    server.failing = True
    record = track(mode)["record"]
    assert record["mode"] == "offline"
    assert server.runs == {}
    server.failing = False
    call("wandb", "sync", "--yes", record["path"])
    run = only(server)
    assert (run.name, run.series("eval_accuracy"), run.exit_code) == (record["id"], [0.25, 0.5], 0)
    server.requests.clear()
    call("wandb", "sync", "--yes", record["path"])
    assert "UpsertBucket" not in server.requests


def test_one_that_goes_away_in_mid_run_is_not_waited_for_and_gets_the_rest_later(server, here, start, call):
    (here / "script.py").write_text(SCRIPT)
    process = start(sys.executable, "script.py", "auto", "wait")
    assert process.stdout.readline() == "begun\n"
    server.vanish()
    said = json.loads(process.communicate(timeout=100)[0].splitlines()[-1])
    assert process.returncode == 0
    assert said["seconds"] < 20
    assert said["record"]["mode"] == "offline"
    assert only(server).exit_code is None
    server.appear()
    call("wandb", "sync", "--yes", "--include-online", said["record"]["path"])
    assert only(server).series("eval_accuracy") == [0.25, 0.5]
    assert only(server).exit_code == 0


def test_data_and_model_are_artifacts_where_that_is_asked_for(server, track, here):
    model = here / "run" / "model"
    model.mkdir(parents=True)
    (model / "model.safetensors").write_bytes(b"weights")
    track("auto", "artifacts")
    assert only(server).artifacts == {"dataset:data-0123456789abcdef", f"model:model-{only(server).name}"}
