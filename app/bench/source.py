"""Where the runs come from that are to be carried out: a plan that is known, or whoever decides from run to run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from app.bench.plan import Run

__all__ = ["PlannedRuns", "Source"]


class Source(Protocol):
    """Gives runs one at a time, whenever there is a worker for one."""

    @property
    def left(self) -> float:
        """How many more may come, at most; 0: none, whatever becomes of those under way."""

    def take(self) -> Run | None:
        """The next run; None where none is to be had now."""


class PlannedRuns:
    """The runs of a plan, in order."""

    def __init__(self, runs: Sequence[Run]) -> None:
        self._waiting = list(reversed(runs))

    @property
    def left(self) -> float:
        return len(self._waiting)

    def take(self) -> Run | None:
        return self._waiting.pop() if self._waiting else None
