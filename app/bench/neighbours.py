"""Whether another driver of this project has kernels at work on this machine, by a lock that all of them share."""

from __future__ import annotations

import contextlib
import sys
from typing import IO

from app.layout import cache_folder

__all__ = ["Neighbours"]


class Neighbours:
    """From `enter` to `leave` this driver has kernels at work; `keep_out` says whether it alone does, and keeps it so.

    Drivers of one cache folder know of each other, those of one clone say. Each holds the lock together with all others
    while it works, and alone while one of its kernels measures: where it cannot have it alone, another is at work.
    """

    def __init__(self) -> None:
        self._file: IO[str] | None = None

    def enter(self) -> None:
        """Come in; this waits while a kernel of another driver measures. Without locks there are no others to see."""
        if sys.platform == "win32":
            return
        with contextlib.suppress(OSError):
            place = cache_folder() / "machine.lock"
            place.parent.mkdir(parents=True, exist_ok=True)
            self._file = place.open("a")
            self._lock(alone=False)

    def keep_out(self) -> bool:
        """Whether no other driver is at work; if so, none begins until `let_in`."""
        try:
            self._lock(alone=True)
        except BlockingIOError:
            self.let_in()  # a lock that could not be raised is lost
            return False
        except OSError:
            return True
        return True

    def let_in(self) -> None:
        """Others may come again; this waits for one that has begun to measure meanwhile."""
        with contextlib.suppress(OSError):
            self._lock(alone=False)

    def leave(self) -> None:
        """This driver's kernels are gone."""
        if self._file is not None:
            self._file.close()

    def _lock(self, *, alone: bool) -> None:
        if self._file is not None and sys.platform != "win32":
            import fcntl

            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB if alone else fcntl.LOCK_SH)
