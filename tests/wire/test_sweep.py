"""The real `wandb sweep` and `wandb agent`: a call is one run, seen by W&B as it goes on, and stopped if told so."""

import signal
import sys
import time

import psutil
import pytest
import yaml

from tests.cli.commands import results_in
from tests.conftest import PROJECT
from tests.wire.server import KEY, SWEEP
from tests.wire.server import PROJECT as W_AND_B_PROJECT

# an agent looks every five seconds, and each call imports everything anew: a busy machine takes minutes for it
pytestmark = pytest.mark.timeout(600)
TOY = {"hidden_size": 16, "num_attention_heads": 2, "num_hidden_layers": 1, "intermediate_size": 16}
FORMS = ["${env}", "${interpreter}", "${program}", "--config", "x.yaml"]


@pytest.fixture
def sweep(here, write_config, call):
    """Begins a sweep of `parameters` over a small benchmark, as a user would."""
    write_config(
        architectures=["majority", {"name": "toy", "family": "bert", "config": TOY}],
        hyperparameters={"learning_rate": [1e-3, 2e-3], "epochs": 2, "batch_size": 16},
        tracking={"mode": "auto"},
    )

    def begin(*form: str, **parameters: list):
        document = {
            "program": str(PROJECT / "app.py"),
            "method": "grid",
            "metric": {"name": "eval_accuracy", "goal": "maximize"},
            "parameters": {name: {"values": values} for name, values in parameters.items()},
            "command": [*FORMS, *form],
        }
        (here / "sweep.yaml").write_text(yaml.safe_dump(document))
        said = call("wandb", "sweep", "--project", W_AND_B_PROJECT, "sweep.yaml")
        assert f"wandb agent team/{W_AND_B_PROJECT}/{SWEEP}" in said

    return begin


AGENT = ("wandb", "agent", f"team/{W_AND_B_PROJECT}/{SWEEP}")


@pytest.mark.slow
def test_an_agent_carries_out_a_grid_of_four_each_in_its_own_run(server, sweep, call, here):
    sweep("${args}", architecture=["majority", "toy"], learning_rate=[0.001, 0.002])
    call(*AGENT)
    runs = [server.runs[f"run{number:05}"] for number in (1, 2, 3, 4)]
    assert [run.exit_code for run in runs] == [0, 0, 0, 0]
    assert {run.sweep for run in runs} == {SWEEP}
    assert [run.config["architecture"] for run in runs] == ["majority", "majority", "toy", "toy"]
    assert [len(run.series("eval_accuracy")) for run in runs[2:]] == [2, 2]
    assert [run.starts > 0 for run in runs] == [True] * 4
    results = results_in(here)
    # a baseline has no learning rate: its second run was there already, and its figures went to the second W&B run too
    assert len(results) == 3
    assert {result.status for result in results.values()} == {"ok"}
    assert runs[0].summary["test/accuracy"] == runs[1].summary["test/accuracy"] == results_by(results, "majority")
    assert {result.wandb.id for result in results.values()} == {"run00001", "run00003", "run00004"}
    assert len(server.runs) == 4
    said = call(sys.executable, str(PROJECT / "app.py"), "report", "--config", "x.yaml")
    assert "reports/tiny/index.html" in said
    files = [path for path in (here / "reports").rglob("*") if path.is_file()]
    assert not [path for path in files if KEY.encode() in path.read_bytes()]


def results_by(results, name):
    (found,) = (result.primary.value for result in results.values() if result.architecture == name)
    return found


@pytest.mark.slow
def test_runs_that_hyperband_stops_or_that_fail_are_told_as_such(server, sweep, call, here):
    server.stop_after = {"run00001": 2}
    sweep("${args_json}", architecture=["toy"], epochs=[10_000, 1], learning_rate=[0.001], dropout=[0.1])
    server.waiting.append({"architecture": "toy", "epochs": 1, "learning_rate": 0.001, "hidden_dropout": 0.1})
    said = call(*AGENT)
    stopped, fine = sorted(results_in(here).values(), key=lambda result: result.started)
    assert (stopped.status, stopped.error.kind) == ("killed", "Stopped")
    assert "stopped by its sweep, at epoch" in stopped.error.message
    assert "of 10000" in stopped.error.message
    assert server.runs["run00001"].exit_code != 0  # none: W&B takes it for crashed when it hears no more
    assert 2 <= len(server.runs["run00001"].series("eval_accuracy")) < 10_000
    assert fine.status == "ok"
    assert server.runs["run00002"].exit_code == 0
    assert "hidden_dropout: unknown axis" in said
    assert "run00003" not in server.runs  # refused before a kernel started


@pytest.mark.slow
def test_an_agent_that_is_stopped_leaves_a_truthful_result_and_no_process(server, sweep, start, here):
    sweep("${args_no_hyphens}", architecture=["toy"], epochs=[10_000], learning_rate=[0.001])
    agent = start(*AGENT, "--forward-signals")
    wait_for(lambda: "run00001" in server.runs and server.runs["run00001"].series("eval_accuracy"))
    children = psutil.Process(agent.pid).children(recursive=True)
    agent.send_signal(signal.SIGTERM)
    agent.communicate(timeout=60)
    (result,) = results_in(here).values()
    assert (result.status, result.error.kind) == ("killed", "Stopped")
    assert server.runs["run00001"].exit_code != 0  # none: W&B takes it for crashed when it hears no more
    _, alive = psutil.wait_procs(children, timeout=10)
    assert [process.cmdline() for process in alive] == []


@pytest.mark.slow
def test_a_kernel_that_is_lost_is_tried_again_in_the_same_run_of_the_sweep(server, sweep, start, here):
    sweep("${args}", architecture=["toy"])
    words = ("--config", "x.yaml", "--architecture=toy", "--learning_rate=0.001", "--epochs=100")
    called = {"WANDB_SWEEP_ID": SWEEP, "WANDB_RUN_ID": "run00001", "WANDB_PROJECT": W_AND_B_PROJECT}
    driver = start(sys.executable, str(PROJECT / "app.py"), *words, **called)
    wait_for(lambda: "run00001" in server.runs and list(here.glob("reports/tiny/runs/*/history.csv")))
    (kernel,) = [child for child in psutil.Process(driver.pid).children(recursive=True) if is_kernel(child, driver.pid)]
    kernel.kill()
    said = driver.communicate(timeout=300)[0]
    assert driver.returncode == 0, said
    (result,) = results_in(here).values()
    assert (result.status, result.attempts) == ("ok", 2)
    assert list(server.runs) == ["run00001"]
    assert len(server.runs["run00001"].series("eval_accuracy")) == 100
    assert server.runs["run00001"].exit_code == 0


def is_kernel(process: psutil.Process, driver: int) -> bool:
    """Whether it was forked from the parent of warm kernels, which is the driver's own child."""
    return process.ppid() != driver and "app.bench.forkserver" in process.cmdline()


def wait_for(condition, seconds: float = 300) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.1)
