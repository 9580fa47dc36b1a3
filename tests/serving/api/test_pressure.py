"""Too much at once is refused with a time to come again, and what takes too long is told so."""

import asyncio

import pytest

from app.serving.api import service
from tests.serving.api.serving import Served


@pytest.fixture
def held(packages, tmp_path):
    """An application whose engine does not come to an end; it is let go at the end."""
    import threading

    go = threading.Event()
    with Served(packages("text-classification"), tmp_path) as served:
        engine = served.service.live.engine
        compute = engine.compute
        engine.compute = lambda rows: (go.wait(10), compute(rows))[1]
        yield served, go
        go.set()


def test_a_full_queue_is_429_with_a_time_and_what_waits_is_answered_still(held):
    served, go = held

    async def crowd():
        posts = [
            asyncio.ensure_future(served.client.post("/v1/predict", json={"texts": ["card"] * 32})) for _ in range(17)
        ]
        done, waiting = await asyncio.wait(posts, return_when=asyncio.FIRST_COMPLETED)
        go.set()
        return [post.result() for post in done], await asyncio.gather(*waiting)

    refused, answered = served.run(crowd())
    assert [answer.status_code for answer in refused] == [429]
    assert int(refused[0].headers["retry-after"]) >= 1
    assert "ask again in" in refused[0].json()["error"]["message"]
    assert [answer.status_code for answer in answered] == [200] * 16


def test_an_answer_that_takes_too_long_is_504(held, monkeypatch):
    served, go = held
    monkeypatch.setattr(service, "SECONDS", 0.05)
    answer = served.ask("/v1/predict", {"text": "card"})
    assert answer.status_code == 504
    assert "there was no answer within 0.05 s" in answer.json()["error"]["message"]
    go.set()
    monkeypatch.undo()
    assert served.ask("/v1/predict", {"text": "card"}).status_code == 200
    assert served.service.live.batcher.waiting == 0
