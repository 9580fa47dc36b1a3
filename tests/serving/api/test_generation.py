"""A language model goes on with a text, at once or as it is written."""

import asyncio
import json

import pytest

from app.serving.api.limits import GENERATIONS
from app.serving.engine.engine import Engine
from app.serving.engine.generation import generate

ASKED = {"prompt": "the moon", "length": 40, "temperature": 0.8, "seed": 3}


@pytest.fixture
def served(serve):
    return serve("causal-lm")


def test_the_text_is_what_the_model_writes_by_that_seed(served):
    answer = served.ask("/v1/generate", ASKED).json()
    told = generate(Engine(served.folder), "the moon", length=40, temperature=0.8, seed=3)
    assert answer["text"] == "".join(told)
    assert len(answer["text"]) == 40
    assert answer["model"]["name"] == "mail"


def test_a_stream_brings_the_same_text_in_lines(served):
    answer = served.ask("/v1/generate", {**ASKED, "stream": True})
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    *pieces, last = [json.loads(line) for line in answer.text.splitlines()]
    assert "".join(piece["text"] for piece in pieces) == served.ask("/v1/generate", ASKED).json()["text"]
    assert last["model"] == {"name": "mail", "version": 1}


def test_nothing_has_to_be_written_first(served):
    assert len(served.ask("/v1/generate", {"length": 5}).json()["text"]) == 5


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"length": 0}, "length: has to be 1 or more"),
        ({"length": 10_000}, "length: may be 1000 at most"),
        ({"temperature": -1}, "temperature: has to be 0"),
        ({"temperature": "hot"}, "temperature: has to be a number"),
        ({"seed": -1}, "seed: has to be 0"),
        ({"prompt": 3}, "prompt: has to be a string"),
        ({"stream": "yes"}, "stream: has to be true or false"),
    ],
)
def test_what_cannot_be_written_is_told_why(served, wrong, words):
    answer = served.ask("/v1/generate", {**ASKED, **wrong})
    assert answer.status_code == 422
    assert words in answer.json()["error"]["message"]


def test_only_a_few_texts_are_written_at_a_time_and_every_place_is_given_back(served):
    async def all_at_once():
        many = range(4 * GENERATIONS)
        return await asyncio.gather(
            *(served.client.post("/v1/generate", json={**ASKED, "length": 1000, "stream": bool(i % 2)}) for i in many)
        )

    answers = served.run(all_at_once())
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses[0] == 200
    assert statuses[-1] == 429
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert int(refused.headers["retry-after"]) >= 1
    assert served.figure("serving_generations") == 0
    assert served.ask("/v1/generate", ASKED).status_code == 200
