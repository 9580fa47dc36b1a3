"""What a notebook leaves on disk when it has come to its end: predictions, then the result."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import psutil

from app.lab.competitors import Competitor, Trained
from app.lab.evaluation import Evaluation
from app.lab.parameters import Settings
from app.lab.profiling import peak_memory_bytes
from app.layout import ATTEMPT_VARIABLE, EXCLUSIVE_VARIABLE, PROJECT, RunFolder
from app.results import Cost, Environment, InferenceCost, RunResult, Status, TrackingRecord, write_result

__all__ = ["describe_cost", "describe_inference", "measure_cost", "write_run"]


def measure_cost(trained: Trained, inference: tuple[InferenceCost, ...], *, exclusive: bool) -> Cost:
    """What the run has cost so far; `exclusive` says whether the machine was its own while inference was measured."""
    told = os.environ.get(EXCLUSIVE_VARIABLE)
    return Cost(
        parameters=trained.parameters,
        train_seconds=trained.train_seconds,
        train_samples_per_second=trained.rows_per_second,
        peak_memory_bytes=peak_memory_bytes(),
        exclusive=exclusive,
        training_exclusive=None if told is None else told == "1",
        inference=inference,
    )


def describe_cost(cost: Cost) -> dict[str, str]:
    """The cost as a person reads it, with units."""
    return {
        "parameters": f"{cost.parameters:,}",
        "training time": f"{cost.train_seconds:.1f} s",
        "training speed": f"{cost.train_samples_per_second:,.0f} rows/s",
        "peak memory": f"{cost.peak_memory_bytes / 2**20:,.0f} MiB",
        "machine to itself while training": {True: "yes", False: "no", None: "not known"}[cost.training_exclusive],
        "machine to itself while measuring": "yes" if cost.exclusive else "not known",
    }


def describe_inference(cost: Cost) -> pd.DataFrame:
    """The timings as a person reads them: milliseconds a batch, rows a second."""
    return pd.DataFrame(
        [
            {
                "backend": timing.backend,
                "batch": timing.batch_size,
                "tokens": timing.sequence_length,
                "median ms": f"{timing.p50_seconds * 1000:.2f}",
                "95 % ms": f"{timing.p95_seconds * 1000:.2f}",
                "rows/s": f"{timing.samples_per_second:,.0f}",
            }
            for timing in cost.inference
        ]
    )


def write_run(
    folder: str,
    *,
    run_id: str,
    benchmark: str,
    competitor: Competitor,
    trained: Trained,
    evaluation: Evaluation,
    cost: Cost,
    settings: Settings,
    wandb: TrackingRecord | None,
) -> RunResult:
    """The run's record. It is written last, and with it the predictions; an empty `folder` keeps nothing."""
    result = RunResult(
        run_id=run_id,
        benchmark=benchmark,
        status=Status.OK,
        architecture=competitor.architecture.name,
        family=competitor.family,
        checkpoint=competitor.architecture.checkpoint,
        seed=settings.seed,
        hyperparameters=competitor.used(settings),
        primary=evaluation.primary,
        metrics=evaluation.scores,
        cost=cost,
        dataset=evaluation.examples.record(evaluation.ceiling),
        wandb=wandb,
        environment=_environment(trained.precision),
        best_epoch=trained.best_epoch,
        attempts=int(os.environ.get(ATTEMPT_VARIABLE, "1")),
        started=datetime.fromtimestamp(psutil.Process().create_time(), UTC),
        finished=datetime.now(UTC),
    )
    if folder:
        place = RunFolder(Path(folder))
        place.path.mkdir(parents=True, exist_ok=True)
        evaluation.predictions_table().to_parquet(place.predictions, index=False)
        write_result(result, place.result)
    return result


def _environment(precision: str) -> Environment:
    torch, transformers = sys.modules.get("torch"), sys.modules.get("transformers")
    on_gpu = torch is not None and torch.cuda.is_available()
    return Environment(
        python=platform.python_version(),
        torch=str(torch.__version__) if torch else "",
        transformers=str(transformers.__version__) if transformers else "",
        device=torch.cuda.get_device_name() if torch and on_gpu else "cpu",
        cpu=_cpu_name(),
        git=_git_revision(),
        precision=precision,
    )


def _cpu_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{names[0]}, {os.cpu_count()} cores" if names else platform.machine()


def _git_revision() -> str:
    """The commit of the project, with `+` behind it where tracked files differ; empty outside a repository."""
    try:
        words = ["git", "-C", str(PROJECT), "describe", "--always", "--dirty=+", "--abbrev=12", "--exclude=*"]
        return subprocess.run(words, capture_output=True, text=True, timeout=10, check=True).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""
