"""W&B is offline without credentials, keeps what it is told, and never sees or shows a key."""

import time

import numpy as np
import pandas
import pytest

from app.lab.datasets import Examples, Split
from app.lab.evaluation import Evaluation
from app.lab.tracking import has_credentials, start_tracking
from app.results import Cost

KEY = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def start(here, monkeypatch):
    monkeypatch.setenv("HOME", str(here))
    monkeypatch.delenv("WANDB_MODE", raising=False)

    def one(mode):
        return start_tracking(
            mode,
            project="project",
            entity="",
            group="benchmark",
            name="run",
            tags=["tag"],
            folder=str(here / "reports" / "x" / "wandb"),
            config={"learning_rate": 0.1},
        )

    return one


@pytest.fixture
def evaluation():
    """Two rows, of which one is right."""
    split = Split((("a", "b"),), (0, 1))
    examples = Examples("x", None, ("no", "yes"), {"test": split}, "f", validation_from_train=False)
    outputs = np.asarray([[0.9, 0.1], [0.8, 0.2]], dtype=np.float32)
    return Evaluation("accuracy", examples, {}, outputs, ceiling=None, divergent=None)


def test_without_credentials_a_run_is_kept_offline_with_all_it_was_told(start, here, evaluation):
    tracker = start("auto")
    tracker.log({"step": 1, "loss": 0.5, "eval_accuracy": None})
    cost = Cost(parameters=1, train_seconds=1, train_samples_per_second=1, peak_memory_bytes=1, exclusive=True)
    tracker.log_result({"test": {"accuracy": 0.75}}, cost)
    tracker.log_confusion(evaluation)
    tracker.log_mistakes(pandas.DataFrame({"text": ["a misread sentence"], "label": ["yes"], "prediction": ["no"]}))
    record = tracker.finish()
    assert record.mode == "offline"
    assert record.path.startswith("reports/x/wandb/wandb/offline-run-")
    (log,) = (here / record.path).glob("*.wandb")
    told = (b"learning_rate", b"test/accuracy", b"confusion_matrix", b"misclassified", b"benchmark")
    until = time.monotonic() + 20
    # the service writes to disk in its own time
    while not all(word in log.read_bytes() for word in told) and time.monotonic() < until:
        time.sleep(0.1)
    assert [word for word in told if word not in log.read_bytes()] == []


def test_disabled_is_nothing_at_all(start, here, evaluation):
    tracker = start("disabled")
    tracker.log({"loss": 1})
    tracker.log_confusion(evaluation)
    assert tracker.finish() is None
    assert not (here / "reports").exists()


@pytest.mark.parametrize("where", ["environment", "netrc"])
def test_credentials_are_found_where_wandb_finds_them(here, monkeypatch, where):
    monkeypatch.setenv("HOME", str(here))
    monkeypatch.setenv("NETRC", str(here / "netrc"))
    assert not has_credentials()
    if where == "environment":
        monkeypatch.setenv("WANDB_API_KEY", KEY)
    else:
        (here / "netrc").write_text(f"machine api.wandb.ai\n  login user\n  password {KEY}\n")
    assert has_credentials()


@pytest.mark.slow
def test_a_key_in_the_environment_reaches_no_file(here, write_config, monkeypatch):
    from app.cli import main

    monkeypatch.setenv("WANDB_API_KEY", KEY)
    monkeypatch.setenv("HF_TOKEN", "hf_" + KEY)
    config = write_config(tracking={"mode": "offline"})
    assert main(["--config", str(config)]) == 0
    files = [path for path in here.rglob("*") if path.is_file()]
    assert len(files) > 8
    leaks = [str(path) for path in files if KEY.encode() in path.read_bytes()]
    assert leaks == []
