"""The display says what goes on: live in a terminal, in plain lines elsewhere."""

import io

import pytest
from rich.console import Console

from app.bench.plan import plan_runs
from app.bench.progress import RunDisplay
from app.bench.resume import estimate_seconds
from app.config import load_config
from app.results import RunFailure, Status
from tests.test_results import a_result


@pytest.fixture
def runs(write_config):
    benchmark = load_config(write_config(architectures=["bert-tiny"], seeds=[0, 1, 2]))
    return plan_runs(benchmark, template_source="", data_fingerprint="", checkpoints={})


def shown(runs, *, terminal):
    out = io.StringIO()
    console = Console(file=out, force_terminal=terminal, width=140, color_system=None)
    with RunDisplay(console, total=3, done=0, seconds_left=None) as display:
        display.start(runs[0])
        runs[0].folder.path.mkdir(parents=True)
        runs[0].folder.history.write_text("step,epoch,loss,learning_rate\n1,0.5,0.625,0.1\n2,1.0,")
        display.tick(runs[:1])
        if terminal:
            display._progress.refresh()
        display.finish(runs[0], a_result(run_id=runs[0].run_id))
        display.start(runs[1])
        failure = RunFailure(kind="ValueError", message="no\nsecond line")
        display.finish(runs[1], a_result(run_id=runs[1].run_id, status=Status.FAILED, primary=None, error=failure))
        if terminal:
            display._progress.refresh()
    return out.getvalue()


def test_plain_lines_where_there_is_no_terminal(runs):
    lines = shown(runs, terminal=False).splitlines()
    assert lines == [
        f"[1/3] {runs[0].run_id} ...",
        f"[1/3] {runs[0].run_id}  ok  accuracy 0.900 on test  (60.0 s)",
        f"[2/3] {runs[1].run_id} ...",
        f"[2/3] {runs[1].run_id}  failed  ValueError: no  (60.0 s)",
    ]


def test_a_terminal_shows_epoch_loss_and_the_time_left(runs):
    text = shown(runs, terminal=True)
    assert "epoch 0.5  loss 0.625" in text or "epoch 1.0  loss 0.625" in text
    assert "all runs" in text
    assert "left" in text


def test_the_rest_is_estimated_from_runs_of_the_same_architecture(runs):
    assert estimate_seconds(runs, {}, workers=1) is None
    done = {runs[0].run_id: a_result(run_id=runs[0].run_id)}
    assert estimate_seconds(runs, done, workers=1) == 120
    assert estimate_seconds(runs, done, workers=2) == 60
