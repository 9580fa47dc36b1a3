"""What is noted of requests once they are answered: of several at a time, while the model computes for the next."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from app.serving.api.log import LOG

__all__ = ["Afterwards"]

PAUSE = 0.02  # seconds in which notes gather


class Afterwards:
    """Notes that wait: to count, to log and to store a request would else delay the one that follows it."""

    def __init__(self, *, pause: float = PAUSE) -> None:
        """Gather for so many seconds; 0 keeps nothing waiting, for an event loop that stands still between requests."""
        self._pause = pause
        self._notes: deque[Callable[[], object]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def add(self, note: Callable[[], object]) -> None:
        """Have it called before long, in the event loop and in the order of their coming."""
        self._notes.append(note)
        if not self._pause:
            self.catch_up()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._pause, self.catch_up)

    def catch_up(self) -> None:
        """Call all that wait, now."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._notes:
            try:
                self._notes.popleft()()
            except Exception:  # of any class: it is one note that is lost, and no other
                LOG.exception("fault")
