"""Rows of many requests, computed together by one thread while the event loop goes on."""

from __future__ import annotations

import asyncio
import contextlib
import math
import queue
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from app.serving.api.limits import BATCH_TOKENS, WAITING_ROWS
from app.serving.api.picking import pick_rows
from app.serving.engine.answers import Answer, read_answer
from app.serving.engine.engine import Engine
from app.serving.engine.tokens import Encoded, Row

__all__ = ["Answered", "Batcher", "QueueFullError"]

PATIENCE = 0.003  # seconds that a batch waits for those who asked together the last time
LATELY = 0.02  # seconds after which that is forgotten
SMOOTHING = 0.1  # weight of the latest batch in what a row takes


class QueueFullError(Exception):
    """More rows wait than may."""

    def __init__(self, seconds: float) -> None:
        """Say after how many seconds it is worth to ask again."""
        super().__init__(f"more than {WAITING_ROWS} texts are waiting")
        self.seconds = max(1, math.ceil(seconds))


@dataclass(frozen=True)
class Answered:
    """A row as the model has read it, and what it says of it."""

    encoded: Encoded
    answer: Answer


@dataclass(eq=False)
class _Job:
    """The rows of one request."""

    rows: Sequence[Row]
    top: int
    future: asyncio.Future[list[Answered]]
    answers: dict[int, Answered] = field(default_factory=dict)
    is_over: bool = False


@dataclass(frozen=True, eq=False)
class _Waiting:
    job: _Job
    place: int
    encoded: Encoded


class Batcher:
    """The queue before one engine. As soon as the engine is free it takes what waits: one request alone never waits.

    While requests keep coming together, a batch waits 3 ms at most for as many of them as the one before had.
    """

    def __init__(self, engine: Engine, observe: Callable[[int, float], None] = lambda _rows, _seconds: None) -> None:
        """Start the thread; in a running event loop, which is told the answers.

        Args:
            engine: is asked by this thread.
            observe: is told of each batch, in the event loop: rows, and seconds of the forward pass.
        """
        self.engine = engine
        self._observe = observe
        self._loop = asyncio.get_running_loop()
        self._rows = 0  # of requests that are not answered yet: the event loop's own
        self._arriving: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()  # none: there will be no more
        self._arrived: list[_Job] = []  # the thread's own, as all below; the event loop reads seconds_per_row
        self._encoded: list[_Waiting] = []
        self._together, self._until = 1, 0.0  # requests in the last batch, and when that is forgotten
        self._seconds_per_row = 0.01
        self._is_closed = False
        self._thread = threading.Thread(target=self._work, name="batcher", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Rows that are not answered yet."""
        return self._rows

    @property
    def is_at_work(self) -> bool:
        """Whether there is a thread to answer."""
        return self._thread.is_alive()

    def submit(self, rows: Sequence[Row], top: int) -> asyncio.Future[list[Answered]]:
        """Queue the rows of a request; called in the event loop. Who cancels the future lets go of them.

        Raises:
            QueueFullError: more wait than may.
        """
        if self._rows and self._rows + len(rows) > WAITING_ROWS:
            raise QueueFullError(self._rows * self._seconds_per_row)
        job = _Job(rows, top, self._loop.create_future())
        self._rows += len(rows)
        self._arriving.put(job)
        return job.future

    async def close(self) -> None:
        """Answer what waits, then end the thread."""
        self._arriving.put(None)
        await asyncio.to_thread(self._thread.join)

    def _work(self) -> None:
        while self._wait_for_jobs():
            self._encode_arrived()
            self._compute_next()

    def _wait_for_jobs(self) -> bool:
        """Whether there is more to do, once there is."""
        if not (self._encoded or self._is_closed):
            self._take(None)
            if self._together > 1 and time.monotonic() < self._until:
                end = time.monotonic() + PATIENCE
                while len(self._arrived) < self._together and (left := end - time.monotonic()) > 0:
                    self._take(left)
        while not self._arriving.empty():
            self._take(None)
        return bool(self._arrived or self._encoded)

    def _take(self, seconds: float | None) -> None:
        """Wait so long at most, or for ever, for the next request."""
        with contextlib.suppress(queue.Empty):
            if job := self._arriving.get(timeout=seconds):
                self._arrived.append(job)
            else:
                self._is_closed = True

    def _encode_arrived(self) -> None:
        jobs, self._arrived = self._arrived, []
        try:
            encoded = iter(self.engine.encode([row for job in jobs for row in job.rows]) if jobs else ())
        except Exception as error:  # of tokenizers, of any class: these requests fail, and no other
            self._end(jobs, error)
            return
        for job in jobs:
            self._encoded += [_Waiting(job, place, next(encoded)) for place in range(len(job.rows))]

    def _compute_next(self) -> None:
        self._end([row.job for row in self._encoded if row.job.future.done()])
        left = [row for row in self._encoded if not row.job.is_over]
        places = pick_rows([len(row.encoded) for row in left], BATCH_TOKENS)
        batch, taken = [left[place] for place in places], set(places)
        self._encoded = [row for place, row in enumerate(left) if place not in taken]
        if not batch:
            return
        jobs = {row.job for row in batch}
        began = time.perf_counter()
        try:
            logits = self.engine.compute([row.encoded for row in batch])
            seconds = time.perf_counter() - began
            for row, found in zip(batch, logits, strict=True):
                answer = read_answer(self.engine.manifest, row.encoded, found, top=row.job.top)
                row.job.answers[row.place] = Answered(row.encoded, answer)
        except Exception as error:  # of ONNX Runtime, of any class
            self._end(jobs, error)
            return
        self._end([job for job in jobs if len(job.answers) == len(job.rows)], batch=(len(batch), seconds))
        self._together, self._until = len(jobs), time.monotonic() + LATELY
        self._seconds_per_row += SMOOTHING * (seconds / len(batch) - self._seconds_per_row)

    def _end(
        self, jobs: Iterable[_Job], error: Exception | None = None, batch: tuple[int, float] | None = None
    ) -> None:
        """Their rows are waited for no longer; the event loop is told what came of them, all in one call."""
        over = []
        for job in jobs:
            if not job.is_over:
                job.is_over = True
                over.append(job)
        if over or batch:
            with contextlib.suppress(RuntimeError):  # the event loop has been closed, and nobody waits
                self._loop.call_soon_threadsafe(self._deliver, over, error, batch)

    def _deliver(self, jobs: Sequence[_Job], error: Exception | None, batch: tuple[int, float] | None) -> None:
        """In the event loop: the answers first, then what is told of the batch."""
        for job in jobs:
            self._rows -= len(job.rows)
            if job.future.done():
                continue
            if error is not None:
                job.future.set_exception(error)
            else:
                job.future.set_result([job.answers[place] for place in range(len(job.rows))])
        if batch:
            self._loop.call_soon(self._observe, *batch)
