"""What was served, on its way to the store: a queue that never waits, and one thread that writes."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Sequence

from app.serving.api.log import write_log
from app.serving.api.metrics import Metrics
from app.serving.store.store import Served, Store

__all__ = ["Recorder"]

PARTS = 1_000  # of the queue: answers of one request each
PAUSE = 0.25  # seconds in which rows gather, to be written as one transaction
LAST_SECONDS = 5.0  # for what is left at the end


class Recorder:
    """Hands rows to the store. What cannot be kept is counted, and serving goes on."""

    def __init__(self, store: Store, metrics: Metrics) -> None:
        self.store = store
        self._metrics = metrics
        self._queue: queue.Queue[Sequence[Served]] = queue.Queue(PARTS)
        self._stopping = threading.Event()
        self._is_failing = False
        self._thread = threading.Thread(target=self._work, name="recorder", daemon=True)
        self._thread.start()

    def record(self, rows: Sequence[Served]) -> None:
        """Take the rows of one request, or count them as lost where too many wait."""
        self._metrics.stored.inc(len(rows))
        try:
            self._queue.put_nowait(rows)
        except queue.Full:
            self._metrics.lost.inc(len(rows))

    def keep_feedback(self, row_id: str, label: str, texts: Sequence[str]) -> bool:
        """Whether the feedback is kept; called in a thread, since it waits for the disk."""
        is_kept = self.store.feedback(row_id, label, texts)
        self._tell(0 if is_kept else 1)
        return is_kept

    def close(self) -> None:
        """Write what is left, as long as that takes no more than seconds."""
        self._stopping.set()
        self._thread.join(LAST_SECONDS)
        self.store.close()

    def _work(self) -> None:
        while not self._stopping.wait(PAUSE) or not self._queue.empty():
            rows: list[Served] = []
            while not self._queue.empty():
                rows += self._queue.get_nowait()
            if rows:
                self._tell(self.store.record(rows))

    def _tell(self, lost: int) -> None:
        """Count what is lost, and say once that it is, and once that it is no more."""
        if lost:
            self._metrics.lost.inc(lost)
        is_failing = lost > 0
        if is_failing != self._is_failing:
            self._is_failing = is_failing
            self._metrics.store_failing.set(is_failing)
            level = logging.ERROR if is_failing else logging.INFO
            write_log("store fails" if is_failing else "store works again", level=level, why=self.store.trouble)
