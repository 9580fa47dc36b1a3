"""Text that a language model writes, a piece at a time, off the event loop."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator

from starlette.concurrency import iterate_in_threadpool

from app.serving.api.limits import SECONDS
from app.serving.api.problems import ProblemAnswer, ProblemDetail, RequestError
from app.serving.api.service import Live, Service
from app.serving.api.wire import GeneratePiece, GenerateRequest, ModelName
from app.serving.engine.generation import generate

__all__ = ["stream_lines", "write_text"]

MOST_SECONDS = 6 * SECONDS


async def write_text(service: Service, live: Live, asked: GenerateRequest) -> str:
    """All of the text; the place that `begin_generation` took is given back.

    Raises:
        RequestError: 504: it took too long.
    """
    try:
        return "".join([piece async for piece in iterate_in_threadpool(_pieces(live, asked))])
    finally:
        service.end_generation()


async def stream_lines(service: Service, live: Live, asked: GenerateRequest, began: float) -> AsyncIterator[bytes]:
    """The text as lines of JSON as it is written, and a last line that says by whom, or what went wrong."""
    try:
        async for piece in iterate_in_threadpool(_pieces(live, asked)):
            if piece:
                yield _line(GeneratePiece(text=piece))
        took = round((time.perf_counter() - began) * 1000, 2)
        model = ModelName(name=live.found.name, version=live.found.version)
        yield _line(GeneratePiece(model=model, milliseconds=took))
    except RequestError as problem:
        yield _line(ProblemAnswer(error=ProblemDetail(code=problem.code, message=problem.message)))
    finally:
        service.end_generation()


def _pieces(live: Live, asked: GenerateRequest) -> Iterator[str]:
    until = time.monotonic() + MOST_SECONDS
    length, temperature, seed = asked.length, asked.temperature, asked.seed
    for piece in generate(live.engine, asked.prompt, length=length, temperature=temperature, seed=seed):
        yield piece
        if time.monotonic() > until:
            raise RequestError(504, "too_slow", f"the text took more than {MOST_SECONDS:g} s; ask for a shorter one")


def _line(document: GeneratePiece | ProblemAnswer) -> bytes:
    return document.model_dump_json(exclude_none=True).encode() + b"\n"
