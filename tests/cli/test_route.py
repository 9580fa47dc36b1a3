"""The commands from their arguments to what is on disk, and their exit codes."""

import json
import subprocess
import sys

import pytest

from app.cli import main
from tests.cli.commands import SMALL, results_in, run
from tests.conftest import PROJECT


def test_a_dry_run_prints_the_plan_and_writes_nothing(here, write_config, capsys):
    assert run(write_config(**SMALL), "--dry-run") == 0
    printed = capsys.readouterr().out
    assert "toy-lr0.001-s1-" in printed
    assert "3 runs, 0 done, 3 to do" in printed
    assert sorted(path.name for path in here.iterdir()) == ["x.yaml"]


@pytest.mark.slow
def test_cold_kernels_and_two_workers_give_the_same_scores(here, write_config):
    alone = write_config("a.yaml", **SMALL)
    together = write_config("b.yaml", **{**SMALL, "name": "together", "execution": {"workers": 2, "kernel": "cold"}})
    assert run(alone) == run(together) == 0
    first, second = results_in(here), results_in(here, "together")
    assert first.keys() == second.keys()
    for run_id, result in first.items():
        assert result.metrics == second[run_id].metrics
        assert result.cost.exclusive
        assert result.cost.training_exclusive
        # two at a time train beside each other, and still measure alone
        assert second[run_id].cost.exclusive
        assert second[run_id].cost.training_exclusive is False


@pytest.mark.slow
def test_pinned_axes_add_a_run_to_the_plan_on_disk(here, write_config):
    config = write_config(architectures=["majority", "tfidf-logreg"])
    assert run(config, "--architecture=majority") == 0
    assert run(config, "--architecture=tfidf-logreg") == 0
    record = json.loads((here / "reports" / "tiny" / "benchmark.json").read_text())
    assert [planned["architecture"] for planned in record["runs"]] == ["majority", "tfidf-logreg"]


def test_two_workers_share_one_tracking_service_and_leave_no_key_in_any_file(here, write_config, monkeypatch):
    keys = {name: f"{number:x}" * 40 for number, name in enumerate(("WANDB_API_KEY", "HF_TOKEN", "APP_API_KEY"), 10)}
    for name, key in keys.items():
        monkeypatch.setenv(name, key)
    remote = "https://someone:a-token-in-an-address@github.com/some-one/benchmark.git"
    for words in (["init", "--quiet"], ["remote", "add", "origin", remote]):
        subprocess.run(["git", *words], check=True)
    config = write_config(
        architectures=["majority", "tfidf-logreg"], tracking={"mode": "offline"}, execution={"workers": 2}
    )
    assert run(config) == 0
    assert {result.wandb.mode for result in results_in(here).values()} == {"offline"}
    files = [path for path in here.rglob("*") if path.is_file() and ".git" not in path.parts]
    assert len(files) > 20
    for secret in (*keys.values(), "a-token-in-an-address"):
        assert not [path for path in files if secret.encode() in path.read_bytes()]


@pytest.mark.slow
def test_a_folder_app_of_the_users_own_is_no_obstacle(here, write_config):
    (here / "app").mkdir()
    (here / "app" / "__init__.py").write_text("raise RuntimeError('not this one')")
    config = write_config()
    done = subprocess.run(
        [sys.executable, str(PROJECT / "app.py"), "--config", str(config)], cwd=here, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
def test_a_page_that_is_missing_is_made_again(here, write_config):
    config = write_config()
    assert run(config) == 0
    (page,) = here.glob("reports/tiny/runs/*/notebook.html")
    page.unlink()
    assert run(config) == 0
    assert page.exists()
    page.unlink()
    assert main(["report", "--config", str(config)]) == 0
    assert page.exists()


def test_the_architectures_of_a_family_are_listed_and_nothing_is_written(here, capsys):
    assert main(["architectures", "--family", "longformer"]) == 0
    names = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert names == ["name", "longformer-tiny", "longformer-base"]
    assert list(here.iterdir()) == []
