"""A run that is on disk already, told to another W&B run: that of a sweep that has chosen the same values again."""

from __future__ import annotations

import csv
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.lab.tracking import start_tracking
from app.layout import RunFolder
from app.results import RunResult

__all__ = ["replay_run"]


def replay_run(result: RunResult, parameters: Mapping[str, Any]) -> None:
    """Log what the run logged when it was carried out, row by row, and its final figures.

    Args:
        result: its record.
        parameters: those of its notebook, which say where it lies and how it is tracked.
    """
    os.environ.setdefault("WANDB_ERROR_REPORTING", "false")  # as in a kernel
    tracker = start_tracking(
        parameters["tracking_mode"],
        project=parameters["tracking_project"],
        entity=parameters["tracking_entity"],
        group=result.benchmark,
        name=result.run_id,
        tags=parameters["tracking_tags"],
        folder=parameters["tracking_folder"],
        config={
            "architecture": result.architecture,
            "dataset": result.dataset.path if result.dataset else "",
            "seed": result.seed,
            **result.hyperparameters,
        },
    )
    with tracker:
        for row in _read_history(RunFolder(Path(parameters["run_folder"])).history):
            tracker.log(row)
        if result.cost is not None:
            tracker.log_result(result.metrics, result.cost)


def _read_history(path: Path) -> list[dict[str, float | None]]:
    """The rows of history.csv; none where there is no such file, as a baseline may have none."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return [{name: float(text) if text else None for name, text in row.items()} for row in csv.DictReader(file)]
    except OSError:
        return []
