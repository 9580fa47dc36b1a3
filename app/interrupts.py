"""What a signal means to the driver: the first asks it to come to an end, a second ends it at once."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from types import FrameType

__all__ = ["INTERRUPTED", "obeying_interrupts"]

INTERRUPTED = 130  # the exit code
_SECONDS = 8.0  # to come to an end in: kernels ended, W&B told, locks let go


@contextlib.contextmanager
def obeying_interrupts(seconds: float = _SECONDS) -> Iterator[None]:
    """While the context lasts, SIGINT and SIGTERM raise KeyboardInterrupt, once.

    A second one ends the process there and then, and so does the end of `seconds` after the first; what it has left
    running is ended by its warden. Elsewhere than in the main thread signals are for others to handle.
    """
    deadline: list[threading.Timer] = []

    def leave() -> None:
        sys.stderr.write("ended before all was tidied up; what was finished is kept\n")
        sys.stderr.flush()
        os._exit(INTERRUPTED)

    def obey(_: int, __: FrameType | None) -> None:
        if deadline:
            leave()
        timer = threading.Timer(seconds, leave)
        timer.daemon = True
        deadline.append(timer)
        timer.start()
        raise KeyboardInterrupt

    before = {}
    with contextlib.suppress(ValueError):  # raised outside the main thread
        for number in (signal.SIGINT, signal.SIGTERM):
            before[number] = signal.signal(number, obey)
    try:
        yield
    finally:
        for timer in deadline:
            timer.cancel()
        for number, handler in before.items():
            signal.signal(number, handler)
