"""A run that fails, hangs or is interrupted costs no other run, and is told as it was."""

import json
import shutil
import signal
import subprocess
import sys
import time

import psutil
import pytest

from app.cli import main
from app.results import RunResult, read_result
from tests.bench.faults import digest_folder
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


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
def test_a_driver_that_is_killed_is_carried_on_from_the_checkpoint_and_what_is_done_is_left_alone(here, write_config):
    hyperparameters = {"learning_rate": 1e-3, "epochs": 12, "batch_size": 8}
    config = write_config(
        architectures=ARCHITECTURES, hyperparameters=hyperparameters, execution={"checkpoint": "epoch"}
    )
    driver = subprocess.Popen(
        [sys.executable, str(PROJECT / "app.py"), "--config", str(config)],
        cwd=here,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    runs = here / "reports" / "tiny" / "runs"
    until = time.monotonic() + 100
    while not list(runs.glob("toy-*/checkpoint/state.json")) and time.monotonic() < until:
        time.sleep(0.01)
    children = psutil.Process(driver.pid).children(recursive=True)
    driver.kill()
    driver.wait()
    _, alive = psutil.wait_procs(children, timeout=10)
    assert [process.cmdline() for process in alive] == []
    (done,) = runs.glob("majority-*")
    before = digest_folder(done)
    assert run(config) == 0
    assert before.items() <= digest_folder(done).items()  # its page may have been still to come
    by_name = {result.architecture: result for result in results_in(here).values()}
    assert (by_name["toy"].status, by_name["toy"].attempts) == ("ok", 1)
    assert by_name["toy"].resumed_epoch >= 1
    (toy,) = runs.glob("toy-*")
    assert not (toy / "checkpoint").exists()
    assert "carried on from a checkpoint" in (toy / "notebook.html").read_text()
    assert "carried on from a checkpoint" in (here / "reports" / "tiny" / "index.html").read_text()


@pytest.mark.slow
def test_a_result_that_was_altered_is_named_and_made_again(here, write_config, capsys):
    config = write_config(architectures=["majority", "tfidf-logreg"])
    assert run(config) == 0
    runs = here / "reports" / "tiny" / "runs"
    (altered,), (other,) = runs.glob("majority-*"), runs.glob("tfidf-*")
    genuine = (altered / "result.json").read_text()
    before = digest_folder(other)
    (altered / "result.json").write_text(genuine.replace('"value": 0.', '"value": 0.99', 1))
    # the report alone makes no run: it says what it found
    assert main(["report", "--config", str(config)]) == 0
    assert "altered after it had been written" in (here / "reports" / "tiny" / "index.html").read_text()
    capsys.readouterr()
    assert run(config, "--dry-run") == 0
    assert "altered" in capsys.readouterr().out
    assert run(config) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert f"{altered.name}: result.json: it was altered after it had been written" in said
    assert "it does not count, and is run again" in said
    assert read_result(altered / "result.json").primary == RunResult.model_validate(json.loads(genuine)).primary
    assert digest_folder(other) == before


def test_a_folder_that_is_removed_in_mid_run_ends_in_a_plain_word(here, write_config, monkeypatch, capsys):
    from app.bench import execute

    carry_out = execute.execute_notebook

    def removed_meanwhile(*arguments, **options):
        outcome = carry_out(*arguments, **options)
        shutil.rmtree(here / "reports")
        return outcome

    config = write_config()
    with monkeypatch.context() as patch:
        patch.setattr(execute, "execute_notebook", removed_meanwhile)
        assert run(config) == 1
    said = capsys.readouterr().err
    assert "cannot be written" in said
    assert "the same command carries on" in said
    assert run(config) == 0
    assert [result.status for result in results_in(here).values()] == ["ok"]
