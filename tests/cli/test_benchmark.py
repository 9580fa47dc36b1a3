"""A benchmark from end to end, as a user types it: a process of its own, real kernels, real models."""

import json
import os
import subprocess
import sys

import pandas
import pytest

from app.cli import main
from tests.cli.commands import SMALL, results_in
from tests.conftest import PROJECT


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
            "dataset": {
                "path": "builtin/acceptability",
                "max_length": 16,
                "limit": 60,
                "slices": ["construction"],
            },
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

    def test_the_examples_are_kept_once_for_all_runs_and_scores_shown_by_what_was_asked_for(self, finished):
        here, _ = finished
        examples = pandas.read_parquet(here / "reports" / "tiny" / "examples.parquet")
        for run_id in results_in(here):
            predictions = pandas.read_parquet(here / "reports" / "tiny" / "runs" / run_id / "predictions.parquet")
            assert predictions.label.tolist() == examples.label.tolist()
        page = (here / "reports" / "tiny" / "index.html").read_text()
        assert "By construction: accuracy" in page
        assert examples["slice.construction"][0] in page
        assert (here / "reports" / "tiny").joinpath("examples.parquet").stat().st_mode & 0o044

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
        assert "make sync" in done.stdout
        for result in results_in(here).values():
            assert result.wandb.mode == "offline"
            assert (here / result.wandb.path).is_dir()

    def test_nothing_is_said_on_stderr(self, finished):
        assert finished[1].stderr == ""

    def test_the_same_command_runs_nothing_again_and_makes_no_report(self, finished):
        here, _ = finished
        before = {path: path.stat().st_mtime_ns for path in here.glob("reports/tiny/**/*")}
        environment = {**os.environ, "BERT_BENCHMARK_CACHE": str(here / "cache")}
        words = [sys.executable, str(PROJECT / "app.py"), "--config", "x.yaml"]
        done = subprocess.run(words, cwd=here, env=environment, capture_output=True, text=True, timeout=280)
        assert done.returncode == 0, done.stderr
        assert before == {path: path.stat().st_mtime_ns for path in here.glob("reports/tiny/**/*")}
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
