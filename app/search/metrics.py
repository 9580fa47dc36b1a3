"""The metrics a run logs, by their names in W&B, and what each came to, read from what the run leaves on disk."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from pathlib import Path

from app.layout import RunFolder
from app.results import Cost, RunResult
from app.tasks import KINDS

__all__ = ["final_metrics", "final_value", "logged_metrics", "read_epoch", "read_iterations"]

VALIDATION, TEST, COST = "validation/", "test/", "cost/"
COSTS = ("train_seconds", "train_samples_per_second", "parameters", "model_bytes", "peak_memory_bytes")


def logged_metrics(metric: str) -> tuple[str, ...]:
    """What is logged on the way, given the metric that ranks: after each epoch, and the loss of training in between."""
    return (f"eval_{metric}", "eval_loss", "loss")


def final_metrics(kind: str) -> tuple[str, ...]:
    """What is logged at the end of a run of this kind of task, as far as anything may be chosen by it: not by test."""
    return tuple(f"{VALIDATION}{name}" for name in KINDS[kind].metrics) + tuple(f"{COST}{name}" for name in COSTS)


def read_iterations(folder: RunFolder, name: str) -> list[float]:
    """The values of a metric that is logged on the way, in order, as far as the run has come; finite ones."""
    return _read_column(folder.history, name)


def read_epoch(folder: RunFolder) -> float:
    """How many epochs a run has trained so far."""
    return max(_read_column(folder.history, "epoch"), default=0.0)


def final_value(result: RunResult, folder: RunFolder, name: str, goal: str) -> float | None:
    """What a run came to, for a search to go by; None where it has no finite value.

    Of the metric that ranks it is the score of the epoch that was kept; of another that is logged on the way the best,
    as W&B has it; of the others what stands in the run's record.
    """
    scores: Mapping[str, float] = result.metrics.get("validation", {})
    value: float | None
    if name.startswith(VALIDATION):
        value = scores.get(name.removeprefix(VALIDATION))
    elif name.startswith(COST):
        value = _cost(result.cost, name.removeprefix(COST))
    elif result.primary is not None and name == f"eval_{result.primary.name}":
        value = scores.get(result.primary.name)
    else:
        values = read_iterations(folder, name)
        value = (max(values) if goal == "maximize" else min(values)) if values else None
    return value if value is not None and math.isfinite(value) else None


def _cost(cost: Cost | None, name: str) -> float | None:
    value = getattr(cost, name, None)
    return None if value is None else float(value)


def _read_column(history: Path, name: str) -> list[float]:
    values = []
    try:
        whole = history.read_text(encoding="utf-8").rpartition("\n")[0]  # a line may be under way
        for row in csv.DictReader(whole.splitlines()):
            text = row.get(name)
            if text and math.isfinite(value := float(text)):
                values.append(value)
    except (OSError, ValueError):  # not there yet
        pass
    return values
