"""A run that fails, hangs or is interrupted costs no other run, and is told as it was."""

import signal
import subprocess
import sys
import time

import psutil
import pytest

from tests.cli.commands import ARCHITECTURES, SMALL, results_in, run
from tests.conftest import PROJECT


def test_a_failing_run_becomes_a_result_and_the_others_go_on(here, write_config, capsys):
    # the family is known and the configuration valid; only the machine has not the memory for it
    huge = {"name": "huge", "family": "bert", "config": {"hidden_size": 2_000_000, "num_attention_heads": 2}}
    config = write_config(architectures=[huge, "majority"], hyperparameters={"epochs": 1})
    assert run(config) == 1
    by_name = {result.architecture: result for result in results_in(here).values()}
    assert by_name["majority"].status == "ok"
    assert by_name["huge"].status in ("failed", "killed")
    assert by_name["huge"].error.kind
    page = (here / "reports" / "tiny" / "index.html").read_text()
    assert "huge" in page
    assert by_name["huge"].error.kind in page


def test_a_run_over_its_time_is_a_result_too(here, write_config):
    config = write_config(architectures=ARCHITECTURES[1:], execution={"timeout_seconds": 0.5, "retries": 3})
    assert run(config) == 1
    (result,) = results_in(here).values()
    assert (result.status, result.attempts) == ("timeout", 1)


def test_a_failed_run_is_tried_again_by_the_same_command(here, write_config):
    config = write_config(execution={"timeout_seconds": 0.5})
    assert run(config) == 1
    assert run(config, "--set", "execution.timeout_seconds=100") == 0
    (result,) = results_in(here).values()
    assert result.status == "ok"


def test_an_interrupt_keeps_what_is_finished_and_leaves_no_process(here, write_config):
    config = write_config(**{**SMALL, "hyperparameters": {"learning_rate": 1e-3, "epochs": 5000}})
    driver = subprocess.Popen(
        [sys.executable, str(PROJECT / "app.py"), "--config", str(config)],
        cwd=here,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    runs = here / "reports" / "tiny" / "runs"
    until = time.monotonic() + 100
    while not list(runs.glob("toy-*/history.csv")) and time.monotonic() < until:
        time.sleep(0.1)
    children = psutil.Process(driver.pid).children(recursive=True)
    driver.send_signal(signal.SIGINT)
    said = driver.communicate(timeout=20)[1]
    assert driver.returncode == 130
    assert "what was finished is kept" in said
    assert [result.architecture for result in results_in(here).values()] == ["majority"]
    _, alive = psutil.wait_procs(children, timeout=10)
    assert [process.cmdline() for process in alive] == []


@pytest.mark.own_parent
def test_runs_go_on_when_the_parent_of_warm_kernels_has_died(here, write_config, monkeypatch):
    from app.bench.warm import WarmParent

    begin = WarmParent.__init__

    def die_at_once(parent, *arguments, **options):
        begin(parent, *arguments, **options)
        parent._process.kill()

    monkeypatch.setattr(WarmParent, "__init__", die_at_once)
    assert run(write_config()) == 0
    assert [result.status for result in results_in(here).values()] == ["ok"]


def test_a_place_on_the_disk_that_is_taken_fails_one_run_only(here, write_config, capsys):
    config = write_config(architectures=["majority", "tfidf-logreg"])
    assert run(config, "--dry-run") == 0
    run_id = next(word for word in capsys.readouterr().out.split() if word.startswith("majority-"))
    (here / "reports" / "tiny" / "runs").mkdir(parents=True)
    (here / "reports" / "tiny" / "runs" / run_id).write_text("a file stands where the folder should be")
    assert run(config) == 1
    assert [result.architecture for result in results_in(here).values()] == ["tfidf-logreg"]
