"""A sweep file searched from end to end, as a user types it: real kernels, tiny models."""

import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest
import yaml

from app.cli import main
from app.results import read_result
from app.trials import SearchRecord, read_search
from tests.cli.commands import results_in
from tests.conftest import PROJECT

TOY = {"name": "toy", "family": "bert", "config": {"hidden_size": 16, "num_attention_heads": 2}}
COMMAND = ["${env}", "${interpreter}", "${program}", "--config", "x.yaml", "${args}"]
RATES = {"learning_rate": {"distribution": "log_uniform_values", "min": 1e-4, "max": 1e-2}}


@pytest.fixture
def write_sweep(here, write_config):
    def write(*, benchmark=None, **keys):
        small = {"hyperparameters": {"epochs": 1, "batch_size": 16}, "architectures": [TOY]}
        write_config(**{**small, **(benchmark or {})})
        metric = {"name": "eval_accuracy", "goal": "maximize"}
        document = {"program": "app.py", "command": COMMAND, "method": "random", "metric": metric, "parameters": RATES}
        path = here / "sweep.yaml"
        path.write_text(yaml.safe_dump({**document, **keys}, sort_keys=False))
        return path

    return write


def sweep(path, *words: str) -> int:
    return main(["sweep", "--config", str(path), *words])


def record(here) -> SearchRecord:
    found = read_search(here / "reports" / "tiny" / "search.json")
    assert found is not None
    return found


@pytest.mark.slow
def test_a_search_is_carried_on_until_its_cap_and_then_left_as_it_is(here, write_sweep, capsys):
    path = write_sweep(run_cap=2)
    assert sweep(path, "--dry-run") == 0
    assert "learning_rate  log_uniform_values" in capsys.readouterr().out
    assert sorted(item.name for item in here.iterdir() if item.name != "cache") == ["sweep.yaml", "x.yaml"]
    assert sweep(path, "--count", "1") == 0
    assert [trial.state for trial in record(here).trials] == ["complete"]
    assert sweep(path) == 0
    found = record(here)
    assert len(found.trials) == len(results_in(here)) == 2
    for trial in found.trials:
        result = read_result(here / "reports" / "tiny" / "runs" / trial.run_id / "result.json")
        assert result.hyperparameters["learning_rate"] == trial.values["learning_rate"]
        assert result.metrics["validation"]["accuracy"] == trial.value
        assert len(trial.iterations) == trial.epochs == trial.epochs_trained == 1
    folder = here / "reports" / "tiny"
    assert "search.html" in (folder / "index.html").read_text()
    assert found.best.run_id in (folder / "search.html").read_text()
    planned = json.loads((folder / "benchmark.json").read_text())["runs"]
    assert {run["run_id"] for run in planned} == {trial.run_id for trial in found.trials}
    before = {
        item: item.stat().st_mtime_ns for item in folder.glob("**/*") if item.suffix in (".html", ".json", ".csv")
    }
    del before[folder / "search.json"]
    assert sweep(path) == 0
    assert before == {item: item.stat().st_mtime_ns for item in before}
    assert "2 trials: 2 complete" in capsys.readouterr().out
    changed = write_sweep(run_cap=2, parameters={**RATES, "epochs": {"values": [1, 2]}})
    capsys.readouterr()
    assert sweep(changed) == 2
    assert "another parameters" in capsys.readouterr().err


def test_a_bad_trial_is_stopped_and_that_is_no_failure(here, write_sweep):
    parameters = {"learning_rate": {"values": [1e-3, 3.0]}, "epochs": {"value": 60}}
    rule = {"type": "hyperband", "min_iter": 2, "eta": 3}
    metric = {"name": "eval_loss", "goal": "minimize"}
    path = write_sweep(method="grid", metric=metric, parameters=parameters, early_terminate=rule)
    assert sweep(path) == 0
    good, bad = record(here).trials
    assert (good.state, good.epochs_trained) == ("complete", 60)
    assert bad.state == "stopped"
    assert 2 <= bad.epochs_trained < 60
    assert "is not among the best 1/3" in bad.reason
    result = results_in(here)[bad.run_id]
    assert (result.status, result.error.kind, result.attempts) == ("killed", "Stopped", 1)
    folder = here / "reports" / "tiny"
    index, page = (folder / "index.html").read_text(), (folder / "search.html").read_text()
    assert "stopped early by the search" in index
    assert "have no score; they are named below" not in index
    assert "1 trial of 2 trials was stopped early" in page
    assert ",stopped," in (folder / "results.csv").read_text()


def test_trials_that_come_to_the_same_run_are_run_once(here, write_sweep):
    path = write_sweep(benchmark={"architectures": ["majority"]}, run_cap=4)
    assert sweep(path, "--workers", "2") == 0
    trials = record(here).trials
    assert len(trials) == 4
    assert {trial.run_id for trial in trials} == set(results_in(here))
    assert len(results_in(here)) == 1
    assert len({trial.value for trial in trials}) == 1


@pytest.mark.slow
def test_a_trial_that_fails_is_told_and_the_others_go_on(here, write_sweep, capsys):
    huge = {"name": "huge", "family": "bert", "config": {"hidden_size": 2_000_000, "num_attention_heads": 2}}
    benchmark = {"architectures": [huge, "majority"], "execution": {"retries": 0}}
    parameters = {"architecture": {"values": ["huge", "majority"]}}
    assert sweep(write_sweep(benchmark=benchmark, method="grid", parameters=parameters)) == 1
    assert [trial.state for trial in record(here).trials] == ["failed", "complete"]
    assert record(here).trials[0].reason
    assert "2 trials: 1 complete, 1 failed" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--config", "sweep.yaml"], "is a sweep; search it by app.py sweep"),
        (["sweep", "--config", "sweep.yaml"], "never ends by itself: give --count N, or run_cap"),
        (["sweep", "--config", "sweep.yaml", "--count", "0"], "--count 0: must be 1 or more"),
        (["sweep", "--config", "x.yaml", "--count", "1"], "x.yaml: program: is missing"),
        (["sweep", "--config", "sweep.yaml", "--count", "1", "--storage", "no://x"], "cannot be opened as a study"),
        (["sweep", "--config", "sweep.yaml", "--count", "1", "--workers", "0"], "execution.workers"),
    ],
)
def test_a_wrong_command_line_is_refused(here, write_sweep, capsys, words, message):
    write_sweep()
    assert main(words) == 2
    assert message in capsys.readouterr().err
    assert not (here / "reports").exists()


def test_an_interrupted_search_is_carried_on_with_the_trial_it_was_at(here, write_sweep, capsys):
    path = write_sweep(run_cap=2, parameters={**RATES, "epochs": {"value": 100}})

    def interrupt():
        while not list(here.glob("reports/tiny/runs/*/history.csv")):
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt, daemon=True).start()
    assert sweep(path) == 130
    assert "what was finished is kept" in capsys.readouterr().err
    (interrupted,) = record(here).trials
    assert interrupted.state == "waiting"
    assert sweep(path, "--set", "execution.timeout_seconds=0.5") == 1
    assert [trial.state for trial in record(here).trials] == ["failed", "failed"]
    assert record(here).trials[0].values["epochs"] == 100
    assert "Timeout" in record(here).trials[0].reason


@pytest.mark.slow
def test_a_killed_search_is_carried_on_by_the_same_command(here, write_sweep):
    path = write_sweep(run_cap=2, parameters={**RATES, "epochs": {"value": 15}})
    environment = {**os.environ, "BERT_BENCHMARK_CACHE": str(here / "cache")}
    words = [sys.executable, str(PROJECT / "app.py"), "sweep", "--config", str(path)]
    process = subprocess.Popen(words, cwd=here, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    histories = here / "reports" / "tiny" / "runs"
    until = time.monotonic() + 200
    while len(list(histories.glob("*/history.csv"))) < 2 and time.monotonic() < until:
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    before = record(here).trials
    assert [trial.state for trial in before] == ["complete", "running"]
    assert sweep(path) == 0
    after = record(here).trials
    assert [trial.state for trial in after] == ["complete"] * 2
    assert [trial.values for trial in after] == [trial.values for trial in before]
    done = read_result(histories / after[0].run_id / "result.json")
    assert done.finished.timestamp() < after[1].started.timestamp()
