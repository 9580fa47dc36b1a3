"""The version that answers now, what stands around it, and how another takes its place without a request being lost."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from app.serving.api.afterwards import Afterwards
from app.serving.api.batching import Answered, Batcher, QueueFullError
from app.serving.api.limits import GENERATIONS, SECONDS
from app.serving.api.log import write_log
from app.serving.api.metrics import Metrics
from app.serving.api.problems import RequestError
from app.serving.api.recording import Recorder
from app.serving.api.source import Found
from app.serving.engine.engine import Engine
from app.serving.engine.tokens import Row
from app.serving.package.manifest import Manifest

__all__ = ["Live", "Service"]


@dataclass(frozen=True, eq=False)
class Live:
    """A version that answers."""

    found: Found
    engine: Engine
    batcher: Batcher

    @property
    def manifest(self) -> Manifest:
        return self.engine.manifest


class Service:
    """What all requests share. Its methods are called in the event loop."""

    def __init__(
        self, found: Found, engine: Engine, metrics: Metrics, recorder: Recorder, afterwards: Afterwards | None = None
    ) -> None:
        """Hold an engine that is open; `start` sets it to work."""
        self.metrics, self.recorder, self.afterwards = metrics, recorder, afterwards or Afterwards()
        self._first = (found, engine)
        self._live: Live | None = None
        self._closing: set[asyncio.Task[None]] = set()
        self._generations = 0

    def start(self) -> None:
        """Begin to answer; needs a running event loop."""
        self.swap(*self._first)
        self.metrics.watch_queue(lambda: self.live.batcher.waiting)

    @property
    def live(self) -> Live:
        """The version that answers now."""
        assert self._live is not None, "the service was not started"
        return self._live

    @property
    def is_ready(self) -> bool:
        return self._live is not None and self._live.batcher.is_at_work

    def swap(self, found: Found, engine: Engine) -> None:
        """Let that version answer all requests from now on; the one before answers those that it has."""
        before, self._live = self._live, Live(found, engine, Batcher(engine, self.metrics.observe_batch))
        manifest = engine.manifest
        self.metrics.show_model(found.name, found.version, manifest.kind, manifest.precision)
        write_log("model", name=found.name, version=found.version, kind=manifest.kind, precision=manifest.precision)
        if before is not None:
            closing = asyncio.get_running_loop().create_task(before.batcher.close())
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)

    async def stop(self) -> None:
        """Answer what waits, and write down what was answered."""
        await asyncio.gather(*self._closing, self.live.batcher.close())
        self.afterwards.catch_up()
        await asyncio.to_thread(self.recorder.close)

    async def predict(self, live: Live, rows: Sequence[Row], top: int) -> list[Answered]:
        """The answers to the rows, in their order.

        Raises:
            RequestError: 429, 504.
        """
        try:
            waiting = live.batcher.submit(rows, top)
        except QueueFullError as error:
            raise _busy(str(error), error.seconds) from None
        patience = asyncio.get_running_loop().call_later(SECONDS, _give_up, waiting)
        try:
            return await waiting
        finally:
            patience.cancel()

    def begin_generation(self) -> None:
        """Take one of the few places there are for texts to be written; `end_generation` gives it back.

        Raises:
            RequestError: 429: none is free.
        """
        if self._generations >= GENERATIONS:
            raise _busy(f"{GENERATIONS} texts are being written", 1)
        self._generations += 1
        self.metrics.generating.set(self._generations)

    def end_generation(self) -> None:
        """Give the place back."""
        self._generations -= 1
        self.metrics.generating.set(self._generations)


def _give_up(waiting: asyncio.Future[list[Answered]]) -> None:
    """The rows are let go of, and who asked is told; after a forward pass `asyncio.timeout` takes 80 us, this 35."""
    if not waiting.done():
        message = f"there was no answer within {SECONDS:g} s; ask for fewer texts at a time, or later"
        waiting.set_exception(RequestError(504, "too_slow", message))


def _busy(why: str, seconds: int) -> RequestError:
    return RequestError(429, "busy", f"{why}; ask again in {seconds} s", headers={"Retry-After": str(seconds)})
