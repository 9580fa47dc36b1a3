"""The commands from end to end, as a user types them: real kernels, real models, and their exit codes."""

import json
import os
import signal
import subprocess
import sys
import time

import pandas
import psutil
import pytest

from app.cli import main
from app.results import read_result
from tests.conftest import PROJECT

ARCHITECTURES = ["majority", {"name": "toy", "family": "bert", "config": {"hidden_size": 16, "num_attention_heads": 2}}]
SMALL = {
    "architectures": ARCHITECTURES,
    "hyperparameters": {"learning_rate": 1e-3, "epochs": 2, "batch_size": 16},
    "seeds": [0, 1],
}


def run(config, *words) -> int:
    return main(["--config", str(config), *words])


def results_in(here, name="tiny"):
    found = (read_result(path) for path in sorted((here / "reports" / name / "runs").glob("*/result.json")))
    return {result.run_id: result for result in found if result}


def refused(capsys, *words) -> str:
    """The message of a command line that is refused; nothing may have been written."""
    assert main(list(words)) == 2
    return capsys.readouterr().err


class TestABenchmark:
    """One small benchmark, run once; the tests look at what it left."""

    @pytest.fixture(scope="class")
    @classmethod
    def finished(cls, tmp_path_factory):
        import yaml

        here = tmp_path_factory.mktemp("finished")
        document = {
            "name": "tiny",
            "task": {"kind": "text-classification"},
            "dataset": {"path": "builtin/acceptability", "max_length": 16, "limit": 60},
            "inference": {"batch_sizes": [1], "sequence_lengths": [8]},
            "tracking": {"mode": "auto"},
            "execution": {"keep_models": True},
            **SMALL,
        }
        (here / "x.yaml").write_text(yaml.safe_dump(document))
        done = subprocess.run(
            [sys.executable, str(PROJECT / "app.py"), "--config", "x.yaml"],
            cwd=here,
            env={**os.environ, "BERT_BENCHMARK_CACHE": str(here / "cache"), "WANDB_MODE": "", "HOME": str(here)},
            capture_output=True,
            text=True,
            timeout=280,
        )
        assert done.returncode == 0, done.stderr
        return here, done

    def test_every_run_left_a_whole_result(self, finished):
        here, _ = finished
        found = results_in(here)
        assert [(result.architecture, result.seed) for result in found.values()] == [
            ("majority", 0),
            ("toy", 0),
            ("toy", 1),
        ]
        for result in found.values():
            assert result.status == "ok"
            assert result.primary.split == "test"
            assert result.primary.value == result.metrics["test"]["accuracy"]
            assert result.cost.exclusive
            assert result.cost.peak_memory_bytes > 10_000_000
            assert result.cost.inference[0].p50_seconds > 0
            assert result.dataset.rows == {"train": 60, "validation": 60, "test": 60}
            assert 0.9 < result.dataset.ceiling <= 1

    def test_every_run_left_the_files_of_the_contract(self, finished):
        here, _ = finished
        for run_id, result in results_in(here).items():
            folder = here / "reports" / "tiny" / "runs" / run_id
            for name in ("notebook.ipynb", "notebook.html", "result.json", "predictions.parquet", "history.csv"):
                assert (folder / name).stat().st_size > 0, name
            predictions = pandas.read_parquet(folder / "predictions.parquet")
            assert len(predictions) == 60
            assert (predictions.label == predictions.prediction).mean() == pytest.approx(result.primary.value)
            assert ((predictions.score >= 0.5) & (predictions.score <= 1)).all()

    def test_the_history_has_a_row_an_epoch_with_the_validation_score(self, finished):
        here, _ = finished
        (path,) = (here / "reports" / "tiny" / "runs").glob("toy-*-s0-*/history.csv")
        history = pandas.read_csv(path)
        assert list(history.columns) == ["step", "epoch", "loss", "learning_rate", "eval_loss", "eval_accuracy"]
        assert history.dropna(subset="eval_accuracy").epoch.tolist() == [1, 2]
        assert history.loss.dropna().between(0, 5).all()

    def test_the_model_is_kept_as_safetensors_when_asked_for(self, finished):
        here, _ = finished
        (folder,) = (here / "reports" / "tiny" / "runs").glob("toy-*-s0-*/model")
        assert {path.name for path in folder.iterdir()} >= {"model.safetensors", "config.json", "tokenizer.json"}

    def test_the_report_and_its_table_are_there(self, finished):
        here, done = finished
        folder = here / "reports" / "tiny"
        assert "toy" in (folder / "index.html").read_text()
        assert len(pandas.read_csv(folder / "results.csv")) == 3
        record = json.loads((folder / "benchmark.json").read_text())
        assert record["config"]["name"] == "tiny"
        assert len(record["runs"]) == 3
        assert "reports/tiny/index.html" in done.stdout

    def test_tracking_is_offline_without_credentials_and_the_output_says_how_to_sync(self, finished):
        here, done = finished
        assert "wandb sync reports/tiny/wandb" in done.stdout
        for result in results_in(here).values():
            assert result.wandb.mode == "offline"
            assert (here / result.wandb.path).is_dir()

    def test_nothing_is_said_on_stderr(self, finished):
        assert finished[1].stderr == ""

    def test_the_same_command_runs_nothing_again(self, finished):
        here, _ = finished
        before = {path: path.stat().st_mtime_ns for path in here.glob("reports/tiny/runs/*/*")}
        environment = {**os.environ, "BERT_BENCHMARK_CACHE": str(here / "cache")}
        words = [sys.executable, str(PROJECT / "app.py"), "--config", "x.yaml"]
        done = subprocess.run(words, cwd=here, env=environment, capture_output=True, text=True, timeout=280)
        assert done.returncode == 0, done.stderr
        assert before == {path: path.stat().st_mtime_ns for path in here.glob("reports/tiny/runs/*/*")}
        plan = subprocess.run(
            [*words, "--dry-run"], cwd=here, env=environment, capture_output=True, text=True, timeout=100
        )
        assert "3 runs, 3 done, 0 to do" in plan.stdout

    def test_the_report_is_rebuilt_from_disk(self, finished, monkeypatch, capsys):
        here, _ = finished
        monkeypatch.chdir(here)
        (here / "reports" / "tiny" / "index.html").unlink()
        assert main(["report", "--config", "x.yaml"]) == 0
        assert (here / "reports" / "tiny" / "index.html").exists()


def test_a_dry_run_prints_the_plan_and_writes_nothing(here, write_config, capsys):
    assert run(write_config(**SMALL), "--dry-run") == 0
    printed = capsys.readouterr().out
    assert "toy-lr0.001-s1-" in printed
    assert "3 runs, 0 done, 3 to do" in printed
    assert sorted(path.name for path in here.iterdir()) == ["x.yaml"]


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


def test_cold_kernels_and_two_workers_give_the_same_scores(here, write_config):
    alone = write_config("a.yaml", **SMALL)
    together = write_config("b.yaml", **{**SMALL, "name": "together", "execution": {"workers": 2, "kernel": "cold"}})
    assert run(alone) == run(together) == 0
    first, second = results_in(here), results_in(here, "together")
    assert first.keys() == second.keys()
    for run_id, result in first.items():
        assert result.metrics == second[run_id].metrics
        assert result.cost.exclusive
        assert not second[run_id].cost.exclusive


def test_pinned_axes_add_a_run_to_the_plan_on_disk(here, write_config):
    config = write_config(architectures=["majority", "tfidf-logreg"])
    assert run(config, "--architecture=majority") == 0
    assert run(config, "--architecture=tfidf-logreg") == 0
    record = json.loads((here / "reports" / "tiny" / "benchmark.json").read_text())
    assert [planned["architecture"] for planned in record["runs"]] == ["majority", "tfidf-logreg"]


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


class TestWrongInput:
    """A clear message on stderr, exit code 2, nothing run, nothing written."""

    @pytest.fixture(autouse=True)
    def _nothing_is_written(self, here):
        yield
        assert not (here / "reports").exists()

    def test_a_missing_config(self, here, capsys):
        assert "nope.yaml: no such file" in refused(capsys, "--config", "nope.yaml")

    def test_every_problem_of_a_config(self, write_config, capsys):
        said = refused(capsys, "--config", str(write_config(colour=1, architectures=["bret-tiny"])))
        assert "colour: unknown key" in said
        assert "did you mean bert-tiny?" in said

    def test_a_set_that_leads_nowhere(self, write_config, capsys):
        assert "--set a.b=1" in refused(capsys, "--config", str(write_config()), "--set", "a.b=1")

    def test_an_unknown_executor(self, write_config, capsys):
        assert "--set execution.executor=slurm" in refused(
            capsys, "--config", str(write_config()), "--executor", "slurm"
        )

    def test_a_data_file_that_is_not_there(self, write_config, capsys):
        said = refused(capsys, "--config", str(write_config()), "--set", "dataset.path={train: gone.csv}")
        assert "gone.csv: no such file" in said

    def test_a_checkpoint_without_weights(self, here, write_config, capsys):
        (here / "empty").mkdir()
        (here / "empty" / "config.json").write_text('{"model_type": "bert"}')
        config = write_config(architectures=[{"name": "mine", "checkpoint": "./empty"}])
        assert "has no weights (*.safetensors)" in refused(capsys, "--config", str(config))

    def test_a_checkpoint_in_pickle_form(self, here, write_config, capsys):
        (here / "old").mkdir()
        (here / "old" / "config.json").write_text('{"model_type": "bert"}')
        (here / "old" / "pytorch_model.bin").write_bytes(b"x")
        config = write_config(architectures=[{"name": "mine", "checkpoint": "./old"}])
        assert "convert them" in refused(capsys, "--config", str(config))

    def test_all_checkpoints_that_cannot_be_used_at_once(self, write_config, capsys):
        entries = [{"name": name, "checkpoint": f"./{name}"} for name in ("one", "two")]
        said = refused(capsys, "--config", str(write_config(architectures=entries)))
        assert "one: no such folder" in said
        assert "two: no such folder" in said

    def test_a_configuration_that_its_family_does_not_take(self, write_config, capsys):
        entry = {"name": "mine", "family": "bert", "config": {"hidden_sise": 8}}
        said = refused(capsys, "--config", str(write_config(architectures=[entry])), "--dry-run")
        assert "hidden_sise" in said
        assert "hidden_size" in said

    def test_a_stray_argument(self, write_config, capsys):
        with pytest.raises(SystemExit) as leaving:
            main(["--config", str(write_config()), "--dryrun"])
        assert leaving.value.code == 2
        assert "did you mean --dry-run?" in capsys.readouterr().err


def test_an_output_folder_that_cannot_be_written_is_refused(here, write_config, capsys):
    (here / "reports").write_text("a file stands where the folder should be")
    assert run(write_config()) == 2
    assert "cannot be written" in capsys.readouterr().err


def test_a_second_driver_on_the_same_benchmark_is_refused(here, write_config, capsys):
    from app.bench.lock import hold_folder
    from app.layout import BenchmarkFolder

    config = write_config()
    with hold_folder(BenchmarkFolder.of("tiny")):
        assert run(config) == 2
        assert "another driver is at work" in capsys.readouterr().err
    assert run(config) == 0


def test_two_workers_share_one_tracking_service(here, write_config):
    config = write_config(
        architectures=["majority", "tfidf-logreg"], tracking={"mode": "offline"}, execution={"workers": 2}
    )
    assert run(config) == 0
    assert {result.wandb.mode for result in results_in(here).values()} == {"offline"}


def test_runs_go_on_when_the_parent_of_warm_kernels_has_died(here, write_config, monkeypatch):
    from app.bench.warm import WarmParent

    begin = WarmParent.__init__

    def die_at_once(parent, environment):
        begin(parent, environment)
        parent._process.kill()

    monkeypatch.setattr(WarmParent, "__init__", die_at_once)
    assert run(write_config()) == 0
    assert [result.status for result in results_in(here).values()] == ["ok"]


def test_a_folder_app_of_the_users_own_is_no_obstacle(here, write_config):
    (here / "app").mkdir()
    (here / "app" / "__init__.py").write_text("raise RuntimeError('not this one')")
    config = write_config()
    done = subprocess.run(
        [sys.executable, str(PROJECT / "app.py"), "--config", str(config)], cwd=here, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_page_that_is_missing_is_made_again(here, write_config):
    config = write_config()
    assert run(config) == 0
    (page,) = here.glob("reports/tiny/runs/*/notebook.html")
    page.unlink()
    assert main(["report", "--config", str(config)]) == 0
    assert page.exists()


def test_a_place_on_the_disk_that_is_taken_fails_one_run_only(here, write_config, capsys):
    config = write_config(architectures=["majority", "tfidf-logreg"])
    assert run(config, "--dry-run") == 0
    run_id = next(word for word in capsys.readouterr().out.split() if word.startswith("majority-"))
    (here / "reports" / "tiny" / "runs").mkdir(parents=True)
    (here / "reports" / "tiny" / "runs" / run_id).write_text("a file stands where the folder should be")
    assert run(config) == 1
    assert [result.architecture for result in results_in(here).values()] == ["tfidf-logreg"]
