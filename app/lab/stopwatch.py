"""The seconds of a training, less those in which something else was done."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

__all__ = ["Stopwatch"]


class Stopwatch:
    """Runs from the beginning, and from where an earlier training was torn off if this one carries it on."""

    def __init__(self, *aside: Callable[[], float]) -> None:
        """`aside` tell the seconds so far that are not to count, such as those of evaluation."""
        self._aside = aside
        self._began, self._left_out, self._before = time.perf_counter(), self._seconds_aside(), 0.0

    @property
    def seconds(self) -> float:
        """Seconds of training so far."""
        return self._before + time.perf_counter() - self._began - (self._seconds_aside() - self._left_out)

    def state(self) -> Mapping[str, float]:
        return {"seconds": self.seconds}

    def restore_state(self, state: Mapping[str, float]) -> None:
        self._before = state["seconds"]

    def _seconds_aside(self) -> float:
        return sum(seconds() for seconds in self._aside)
