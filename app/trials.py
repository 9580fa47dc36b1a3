"""The record of a search: `search.json`, written after each trial, from which its page is made."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from app.results import write_atomically

__all__ = ["SearchRecord", "SpaceAxis", "TrialRecord", "read_search", "write_search"]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class SpaceAxis(_Record):
    """One parameter: its distribution, and what the sweep file says of that."""

    name: str
    distribution: str
    fields: Mapping[str, Any] = {}  # values, min, max, ...
    is_log: bool = False  # drawn by its logarithm

    @property
    def is_searched(self) -> bool:
        """Whether it can take more than one value."""
        return self.distribution != "constant" and len(self.fields.get("values", (0, 0))) > 1


class TrialRecord(_Record):
    """One trial: the values it had, the run it was, and what came of it."""

    number: int
    state: Literal["complete", "stopped", "failed", "running", "waiting"]
    values: Mapping[str, Any] = {}  # parameter -> value
    value: float | None = None  # of the metric: at the end, or where it was stopped
    iterations: tuple[float, ...] = ()  # of the metric, as often as it was logged on the way
    run_id: str = ""
    epochs: int | None = None  # that the run was to train
    epochs_trained: int | None = None
    seconds: float | None = None  # from its first cell to its end
    reason: str = ""  # why it was stopped, or has failed
    started: datetime | None = None
    finished: datetime | None = None

    @property
    def epochs_saved(self) -> int:
        """Those that it was to train, and did not."""
        return max(0, (self.epochs or 0) - (self.epochs_trained or 0))

    @property
    def seconds_saved(self) -> float | None:
        """An estimate of what these would have taken, at the pace it had; None where it had none."""
        if self.seconds is None or not self.epochs_trained:
            return None
        return self.seconds / self.epochs_trained * self.epochs_saved


class SearchRecord(_Record):
    """A search and all of its trials, by number."""

    name: str
    description: str = ""
    method: str
    sampler: str  # in words
    metric: str
    goal: Literal["minimize", "maximize"]
    target: float | None = None
    bands: tuple[int, ...] = ()  # epochs at which trials are compared; none: nothing is stopped early
    eta: float | None = None
    run_cap: int | None = None
    grid_size: int | None = None
    space: tuple[SpaceAxis, ...]
    trials: tuple[TrialRecord, ...] = ()

    @property
    def complete(self) -> tuple[TrialRecord, ...]:
        """The trials that came to their end with a value."""
        return tuple(trial for trial in self.trials if trial.state == "complete" and trial.value is not None)

    @property
    def stopped(self) -> tuple[TrialRecord, ...]:
        """The trials that were stopped early."""
        return tuple(trial for trial in self.trials if trial.state == "stopped")

    @property
    def searched(self) -> tuple[SpaceAxis, ...]:
        """The parameters that can take more than one value."""
        return tuple(axis for axis in self.space if axis.is_searched)

    @property
    def best(self) -> TrialRecord | None:
        """The complete trial with the best value; of equal ones the first."""
        return max(self.complete, key=lambda trial: self.merit(trial), default=None)

    def merit(self, trial: TrialRecord) -> float:
        """Its value, turned so that more is better."""
        value = trial.value if trial.value is not None else float("nan")
        return value if self.goal == "maximize" else -value


def write_search(record: SearchRecord, path: Path) -> None:
    """Write the record; a reader sees the whole of it or the one before."""
    document = {"schema": 1, **record.model_dump(mode="json")}
    head = json.dumps({**document, "trials": None}, indent=2, ensure_ascii=False).removesuffix("null\n}")
    lines = ",\n    ".join(json.dumps(trial, ensure_ascii=False) for trial in document["trials"])
    write_atomically(path, f"{head}[\n    {lines}\n  ]\n}}\n")


def read_search(path: Path) -> SearchRecord | None:
    """The record at `path`; None where there is none that is whole."""
    try:
        return SearchRecord.model_validate(json.loads(path.read_bytes()))
    except (OSError, ValueError, ValidationError):
        return None
