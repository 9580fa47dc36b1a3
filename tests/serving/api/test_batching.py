"""Requests that come together are computed together; each gets its own answer, or learns why there is none."""

import asyncio
import threading

import numpy as np
import pytest

from app.serving.api import batching
from app.serving.api.batching import Batcher, QueueFullError
from app.serving.engine.engine import Engine


class Slow(Engine):
    """An engine that computes when it is let, and notes what."""

    def __init__(self, folder):
        super().__init__(folder)
        self.batches = []
        self.go, self.is_read = threading.Event(), threading.Event()
        self.broken = False

    def encode(self, rows):
        self.is_read.set()
        return super().encode(rows)

    def compute(self, rows):
        self.go.wait(10)
        self.batches.append(len(rows))
        if self.broken:
            raise RuntimeError("out of order")
        return super().compute(rows)


@pytest.fixture
def engine(packages):
    return Slow(packages("text-classification"))


def test_what_comes_while_a_batch_is_computed_is_computed_together(engine):
    seen = []

    async def ask():
        batcher = Batcher(engine, lambda rows, seconds: seen.append((rows, seconds > 0)))
        first = batcher.submit([("card",)], 1)
        await asyncio.to_thread(engine.is_read.wait, 10)
        others = [batcher.submit([("my card",), ("the rate",)], 2) for _ in range(4)]
        assert batcher.waiting == 9
        engine.go.set()
        answers = await asyncio.gather(first, *others)
        assert batcher.waiting == 0
        await batcher.close()
        assert not batcher.is_at_work
        return answers

    answers = asyncio.run(ask())
    assert engine.batches == [1, 8]
    assert seen == [(1, True), (8, True)]
    assert [len(rows) for rows in answers] == [1, 2, 2, 2, 2]
    assert [len(row.answer.choices) for rows in answers for row in rows] == [1] + [2] * 8
    alone = Engine.compute(engine, engine.encode([("the rate",)]))[0]
    assert np.argmax(alone) == engine.manifest.labels.index(answers[1][1].answer.choices[0].label)


def test_more_than_may_wait_are_told_when_to_come_again(engine):
    async def ask():
        batcher = Batcher(engine)
        waiting = [batcher.submit([("card",)] * 32, 1) for _ in range(batching.WAITING_ROWS // 32)]
        with pytest.raises(QueueFullError) as refused:
            batcher.submit([("card",)], 1)
        engine.go.set()
        await asyncio.gather(*waiting)
        await batcher.submit([("card",)], 1)
        await batcher.close()
        return refused.value.seconds

    assert asyncio.run(ask()) >= 1


def test_rows_that_nobody_waits_for_are_let_go(engine):
    async def ask():
        batcher = Batcher(engine)
        first = batcher.submit([("card",)], 1)
        gone = [batcher.submit([("my card",)] * 5, 1) for _ in range(3)]
        last = batcher.submit([("my card",)], 1)
        for one in gone:
            one.cancel()
        engine.go.set()
        await asyncio.gather(first, last)
        await batcher.close()
        return batcher.waiting

    assert asyncio.run(ask()) == 0
    assert sum(engine.batches) == 2


def test_a_batch_that_fails_fails_its_requests_and_no_other(engine):
    async def ask():
        batcher = Batcher(engine)
        engine.broken = True
        engine.go.set()
        with pytest.raises(RuntimeError, match="out of order"):
            await batcher.submit([("card",)], 1)
        engine.broken = False
        (answered,) = await batcher.submit([("card",)], 1)
        await batcher.close()
        return answered

    assert asyncio.run(ask()).answer.choices


def test_who_closes_it_has_all_answered_first(engine):
    async def ask():
        batcher = Batcher(engine)
        waiting = [batcher.submit([("card",)], 1) for _ in range(5)]
        closing = asyncio.ensure_future(batcher.close())
        await asyncio.sleep(0)
        engine.go.set()
        await closing
        return await asyncio.gather(*waiting)

    assert len(asyncio.run(ask())) == 5
