"""What a notebook leaves on disk when it has come to its end: examples and predictions, then the result."""

from __future__ import annotations

import platform
import subprocess
import sys
from datetime import datetime
from pathlib import Path

from app.clock import end_moment
from app.integrity import record_files
from app.lab.attempts import attempt_number, batch_parts, earlier_attempts
from app.lab.competitors import Competitor, Trained
from app.lab.evaluation import Evaluation
from app.lab.examples import write_examples
from app.lab.language.losses import TokenLosses
from app.lab.machine import cpu_name
from app.lab.parameters import Settings
from app.layout import PROJECT, RunFolder
from app.results import Cost, Environment, RunResult, Status, TrackingRecord, write_result

__all__ = ["write_run"]


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
    started: datetime,
    wandb: TrackingRecord | None,
) -> RunResult:
    """The run's record. It is written last, and with it the predictions; an empty `folder` keeps nothing.

    Where the run is one of a benchmark, whose own record is there by then, the examples are kept too, once for all.
    """
    losses = evaluation.outputs
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
        divergent=evaluation.divergent,
        truncated=competitor.truncated,
        tokens={evaluation.examples.evaluated: losses.scored} if isinstance(losses, TokenLosses) else {},
        attempts=attempt_number(),
        earlier_attempts=earlier_attempts(),
        batch_parts=batch_parts(),
        resumed_epoch=trained.resumed_epoch,
        started=started,
        finished=end_moment(started),
    )
    if folder:
        place = RunFolder(Path(folder))
        place.path.mkdir(parents=True, exist_ok=True)
        evaluation.predictions_table().to_parquet(place.predictions, index=False)
        if place.benchmark.record.exists():
            write_examples(place.benchmark, evaluation.examples, losses if isinstance(losses, TokenLosses) else None)
        result = result.model_copy(update={"files": record_files([place.predictions, place.history, place.sample])})
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
        cpu=cpu_name(),
        git=_git_revision(),
        precision=precision,
    )


def _git_revision() -> str:
    """The commit of the project, with `+` behind it where tracked files differ; empty outside a repository."""
    try:
        words = ["git", "-C", str(PROJECT), "describe", "--always", "--dirty=+", "--abbrev=12", "--exclude=*"]
        return subprocess.run(words, capture_output=True, text=True, timeout=10, check=True).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""
