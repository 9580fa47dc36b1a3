"""What is noted of requests is noted in order, before long, and at the latest when it is asked for."""

import asyncio
import json
import logging

from app.serving.api import log
from app.serving.api.afterwards import Afterwards


def test_notes_gather_and_are_called_in_their_order():
    async def note():
        seen, afterwards = [], Afterwards(pause=0.01)
        for number in range(3):
            afterwards.add(lambda number=number: seen.append(number))
        early = list(seen)
        await asyncio.sleep(0.2)
        afterwards.add(lambda: seen.append("later"))
        await asyncio.sleep(0.2)
        return early, seen

    assert asyncio.run(note()) == ([], [0, 1, 2, "later"])


def test_who_asks_for_them_waits_for_none_and_no_pause_means_at_once():
    async def note():
        seen, slow, immediate = [], Afterwards(pause=60), Afterwards(pause=0)
        slow.add(lambda: seen.append("slow"))
        immediate.add(lambda: seen.append("immediate"))
        before = list(seen)
        slow.catch_up()
        return before, seen

    assert asyncio.run(note()) == (["immediate"], ["immediate", "slow"])


def test_a_note_that_fails_is_logged_and_the_next_are_called(caplog):
    async def note():
        seen, afterwards = [], Afterwards(pause=60)
        afterwards.add(lambda: 1 / 0)
        afterwards.add(lambda: seen.append("next"))
        afterwards.catch_up()
        return seen

    assert asyncio.run(note()) == ["next"]
    assert [record.message for record in caplog.records] == ["fault"]


def test_a_line_of_the_log_has_the_time_of_what_it_tells_of(caplog):
    with caplog.at_level(logging.INFO, "serving"):
        log.write_log("request", when=86_400.5, path="/")
    document = json.loads(log._Lines().format(caplog.records[0]))
    assert document == {"time": "1970-01-02T00:00:00.500+00:00", "level": "info", "event": "request", "path": "/"}


def test_a_request_is_counted_after_its_answer_and_before_the_figures_are_shown(serve):
    served = serve(origins=("afterwards",))
    name, labels = "serving_requests_total", {"method": "POST", "path": "/v1/predict", "status": "200"}

    async def ask():
        await served.client.post("/v1/predict", json={"text": "my card"})
        early = served.metrics.registry.get_sample_value(name, labels)
        figures = await served.client.get("/metrics")
        return early, figures.text

    early, figures = served.run(ask())
    assert early is None
    assert f'{name}{{method="POST",path="/v1/predict",status="200"}} 1.0' in figures
