"""What can be asked of the server, each as the route it takes from its request to its answer."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse
from starlette.responses import Response

from app.serving.api.answering import describe_row, predict_row
from app.serving.api.description import FEEDBACK, GENERATE, MODEL, PREDICT, PROBES
from app.serving.api.generating import stream_lines, write_text
from app.serving.api.limits import CHARACTERS, TEXTS
from app.serving.api.metrics import TYPE
from app.serving.api.problems import RequestError
from app.serving.api.reading import read_request
from app.serving.api.rows import read_rows
from app.serving.api.service import Live, Service
from app.serving.api.wire import (
    Feedback,
    FeedbackAnswer,
    GenerateAnswer,
    GenerateRequest,
    ModelAnswer,
    ModelName,
    PredictAnswer,
    PredictRequest,
)
from app.serving.package.manifest import Manifest
from app.tasks import CAUSAL, CLASSIFICATION, REGRESSION

__all__ = ["Privacy", "make_routes"]

LINES = "application/x-ndjson"


@dataclass(frozen=True)
class Privacy:
    """What may be kept of texts."""

    keep_texts: bool = False  # in the store
    log_texts: bool = False


def make_routes(service: Service, privacy: Privacy) -> APIRouter:
    """The routes of the API; the page has its own."""
    routes = APIRouter()

    @routes.post("/v1/predict", **PREDICT)
    async def predict(request: Request) -> Response:
        """Classify, rate or tag one text or up to 32."""
        began = time.perf_counter()
        asked = await read_request(request, PredictRequest)
        live = service.live
        if live.manifest.kind == CAUSAL.name:
            raise RequestError(404, "no_predictions", "this is a language model: /v1/generate goes on with a text")
        given = read_rows(live.manifest, asked.given, several="texts" in asked.model_fields_set)
        answered = await service.predict(live, [one.row for one in given], asked.top_k)
        answers = [predict_row(one, found) for one, found in zip(given, answered, strict=True)]
        body = PredictAnswer(model=_name(live), milliseconds=_since(began), answers=answers)
        request.state.facts = {"rows": len(given), "version": live.found.version}
        if privacy.log_texts:
            request.state.facts["texts"] = [one.row for one in given]

        def keep() -> None:
            """Store and count the answers, once they are on their way."""
            served = [
                describe_row(live.manifest, live.found.version, one, found, answer, keep_text=privacy.keep_texts)
                for one, found, answer in zip(given, answered, answers, strict=True)
            ]
            service.recorder.record(served)
            service.metrics.count_answers(answers)

        service.afterwards.add(keep)
        return _json(body.model_dump_json(exclude_none=True))

    @routes.post("/v1/generate", **GENERATE)
    async def generate(request: Request) -> Response:
        """Go on with a text; a language model does."""
        began = time.perf_counter()
        asked = await read_request(request, GenerateRequest)
        live = service.live
        if live.manifest.kind != CAUSAL.name:
            raise RequestError(404, "no_generation", "this model writes no text: it is asked by /v1/predict")
        service.begin_generation()
        request.state.facts = {"version": live.found.version}
        if privacy.log_texts:
            request.state.facts["prompt"] = asked.prompt
        if asked.stream:
            lines = stream_lines(service, live, asked, began)
            first = await anext(lines)  # what has begun also ends, and gives its place back, whatever becomes of it
            return StreamingResponse(_resume(first, lines), media_type=LINES)
        text = await write_text(service, live, asked)
        answer = GenerateAnswer(model=_name(live), milliseconds=_since(began), text=text)
        return _json(answer.model_dump_json())

    @routes.post("/v1/feedback", **FEEDBACK)
    async def feedback(request: Request) -> Response:
        """Say what an answer should have been: it is kept as labelled data."""
        said = await read_request(request, Feedback)
        manifest = service.live.manifest
        _check_label(manifest, said.label)
        texts: tuple[str, ...] = ()
        if said.text is not None:
            (given,) = read_rows(manifest, [said.text], several=False)
            texts = given.row
        if not await asyncio.to_thread(service.recorder.keep_feedback, said.id, said.label, texts):
            raise RequestError(503, "not_kept", "the feedback could not be kept: the store cannot be written just now")
        service.metrics.feedback.inc()
        return _json(FeedbackAnswer(kept=True).model_dump_json())

    @routes.get("/v1/model", **MODEL)
    async def model() -> Response:
        """What is known of the model that answers."""
        return _json(_describe_model(service.live, keeps_texts=privacy.keep_texts).model_dump_json())

    @routes.get("/healthz", **PROBES)
    async def healthz() -> Response:
        """The process is alive."""
        return Response("ok\n", media_type="text/plain")

    @routes.get("/readyz", **PROBES)
    async def readyz() -> Response:
        """The model answers."""
        return Response("ready\n" if service.is_ready else "not ready\n", 200 if service.is_ready else 503)

    @routes.get("/metrics", **PROBES)
    async def metrics() -> Response:
        """Figures for Prometheus."""
        service.afterwards.catch_up()
        return Response(service.metrics.render(), headers={"Content-Type": TYPE})

    return routes


async def _resume(first: bytes, lines: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for line in lines:
        yield line


def _check_label(manifest: Manifest, label: str) -> None:
    if manifest.kind == CLASSIFICATION.name:
        if label not in manifest.labels:
            some = ", ".join(manifest.labels[:10])
            more = f" and {len(manifest.labels) - 10} more; /v1/model lists them" if len(manifest.labels) > 10 else ""
            raise RequestError(422, "unknown_label", f"label: {label!r} is not known; the model knows {some}{more}")
    elif manifest.kind == REGRESSION.name:
        try:
            is_number = math.isfinite(float(label))
        except ValueError:
            is_number = False
        if not is_number:
            raise RequestError(422, "no_number", "label: has to be a number, as a string")
    else:
        raise RequestError(404, "no_feedback", f"no feedback is taken for a model of {manifest.kind}")


def _describe_model(live: Live, *, keeps_texts: bool) -> ModelAnswer:
    manifest = live.manifest
    return ModelAnswer(
        name=live.found.name,
        version=live.found.version,
        kind=manifest.kind,
        labels=list(manifest.labels),
        text_columns=list(manifest.text_columns),
        max_length=manifest.max_length,
        architecture=manifest.source.architecture,
        parameters=manifest.parameters,
        precision=manifest.precision,
        made=manifest.made.isoformat(),
        dataset=manifest.dataset.path,
        metric=manifest.score.metric,
        score=manifest.score.value,
        score_low=manifest.score.low,
        score_high=manifest.score.high,
        split=manifest.score.split,
        most_texts=TEXTS,
        most_characters=CHARACTERS,
        keeps_texts=keeps_texts,
    )


def _name(live: Live) -> ModelName:
    return ModelName(name=live.found.name, version=live.found.version)


def _since(began: float) -> float:
    return round((time.perf_counter() - began) * 1000, 2)


def _json(body: str) -> Response:
    return Response(body, media_type="application/json")
