"""Messages to a tracker, sent by a thread of their own: no run waits for an answer, and none fails for want of one."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue

__all__ = ["Courier"]


class Courier:
    """Carries out what it is given, in order. The first thing that goes wrong is kept, and the rest goes on."""

    def __init__(self) -> None:
        self._waiting: SimpleQueue[Callable[[], object] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="tracking", daemon=True)
        self._thread.start()
        self.trouble = ""  # what went wrong first, in words

    def send(self, act: Callable[[], object]) -> None:
        """Have `act` called, after all that was given before."""
        self._waiting.put(act)

    def close(self, seconds: float) -> bool:
        """Wait so long for what was given; whether all of it was carried out, and well. Nothing is taken after this."""
        self._waiting.put(None)
        self._thread.join(seconds)
        if self._thread.is_alive():
            self.trouble = self.trouble or f"no answer within {seconds:g} s"
        return not self.trouble

    def _work(self) -> None:
        while (act := self._waiting.get()) is not None:
            try:
                act()
            except Exception as error:  # whatever it is, it is not the run's
                self.trouble = self.trouble or f"{type(error).__name__}: {error}".splitlines()[0]
