"""Asks which version is meant, again and again, and opens another beside the one that answers."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable

from app.serving.api.log import write_log
from app.serving.api.metrics import Metrics
from app.serving.api.source import Found, Source
from app.serving.engine.engine import Engine

__all__ = ["Reloader"]

PERIOD = 1.0  # seconds
RETRY_SECONDS = 60.0  # until a version that could not be opened is tried again

Open = Callable[[Found], Engine]
Swap = Callable[[Found, Engine], None]


class Reloader:
    """A thread that looks once a second. What goes wrong there leaves the version that answers as it is."""

    def __init__(self, source: Source, current: Found, open_found: Open, swap: Swap, metrics: Metrics) -> None:
        """Start it; in a running event loop.

        Args:
            source: is asked.
            current: what answers now.
            open_found: opens and warms a version.
            swap: is called in the event loop with each new one.
            metrics: are told.
        """
        self._source, self._current, self._open, self._swap = source, current, open_found, swap
        self._metrics = metrics
        self._loop = asyncio.get_running_loop()
        self._failed: tuple[Found, float] | None = None
        self._trouble = ""
        self._stopping = threading.Event()
        # a daemon: a registry that does not answer must not keep the server from ending
        threading.Thread(target=self._work, name="reloader", daemon=True).start()

    def stop(self) -> None:
        """Look no more."""
        self._stopping.set()

    def _work(self) -> None:
        while not self._stopping.wait(PERIOD):
            self._look()

    def _look(self) -> None:
        try:
            found = self._source.find()
        except Exception as error:  # of whatever class: nobody would see that this thread has ended
            self._tell(str(error))
            return
        if found == self._current:
            self._tell("")
            return
        if self._failed and self._failed[0] == found and time.monotonic() < self._failed[1]:
            return
        try:
            engine = self._open(found)
        except Exception as error:  # likewise
            self._failed = (found, time.monotonic() + RETRY_SECONDS)
            self._metrics.reloads.labels("failed").inc()
            self._tell(f"version {found.version} cannot be served: {error}")
            return
        if self._stopping.is_set():
            return
        self._current, self._failed = found, None
        self._metrics.reloads.labels("ok").inc()
        with contextlib.suppress(RuntimeError):  # the event loop has been closed meanwhile
            self._loop.call_soon_threadsafe(self._swap, found, engine)
        self._tell("")

    def _tell(self, trouble: str) -> None:
        """Say what is wrong when it changes, and not each second."""
        if trouble == self._trouble:
            return
        self._trouble = trouble
        self._metrics.reload_failing.set(bool(trouble))
        event, level = ("reload failed", logging.ERROR) if trouble else ("reload works", logging.INFO)
        write_log(event, level=level, why=trouble, name=self._current.name, serving=self._current.version)
