"""What OpenAPI says of each route: bodies, examples, and every status that may come back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from app.serving.api.problems import ProblemAnswer
from app.serving.api.wire import (
    Feedback,
    FeedbackAnswer,
    GenerateAnswer,
    GenerateRequest,
    ModelAnswer,
    PredictAnswer,
    PredictRequest,
)

__all__ = ["FEEDBACK", "GENERATE", "GUARD", "MODEL", "PREDICT", "PROBES", "add_description"]

GUARD = "key"
ID = "3f1c6f0e6d0e4b0fa3a0f3b1c2d4e5f6"
PREDICT_ASKED: Mapping[str, Any] = {
    "one text": {"value": {"text": "I am still waiting on my card?"}},
    "several": {"value": {"texts": ["My card was swallowed.", "What is the exchange rate?"], "top_k": 2}},
    "a pair": {
        "summary": "for a model that compares two texts",
        "value": {"text": ["It rains.", "The street is wet."]},
    },
    "words": {"summary": "for a model that tags words", "value": {"text": ["Ada", "lives", "in", "Paris"]}},
}
PREDICT_ANSWERED: Mapping[str, Any] = {
    "model": {"name": "banking77", "version": 3},
    "milliseconds": 3.4,
    "answers": [
        {
            "id": ID,
            "label": "card_arrival",
            "probability": 0.9712,
            "alternatives": [{"label": "card_delivery_estimate", "probability": 0.0163}],
            "is_cut": False,
        }
    ],
}
GENERATE_ASKED: Mapping[str, Any] = {
    "a line": {"value": {"prompt": "I walk the line", "length": 120, "temperature": 0.8, "seed": 0}},
    "as it is written": {"value": {"prompt": "Oh", "stream": True}},
}
STREAM = {"application/x-ndjson": {"schema": {"type": "string"}, "example": '{"text":" and"}\n{"text":" so"}\n'}}
FEEDBACK_ASKED: Mapping[str, Any] = {
    "put right": {"value": {"id": ID, "label": "card_delivery_estimate", "text": "I am still waiting on my card?"}}
}
SAID: Mapping[int, str] = {
    400: "The body is not JSON, or not UTF-8",
    401: "A key is needed",
    404: "This model does not do that",
    408: "The body did not arrive",
    413: "The body is too large",
    415: "The body is said to be something else than JSON",
    421: "The server was asked for by a name that is not this machine's",
    422: "Something in the body is not as it has to be; the message says what",
    429: "Too much is waiting; ask again after the seconds in Retry-After",
    503: "It could not be kept",
    504: "It took too long",
}
WITH_BODY = (400, 401, 408, 413, 415, 421, 422)


def _describe(answer: type[BaseModel], *statuses: int, content: Mapping[str, Any] | None = None) -> dict[str, Any]:
    problems: dict[int | str, Any] = {
        status: {"model": ProblemAnswer, "description": SAID[status]} for status in statuses
    }
    return {"responses": {200: {"model": answer, "content": dict(content or {})}, **problems}}


def _ask(body: type[BaseModel], examples: Mapping[str, Any]) -> dict[str, Any]:
    content = {"application/json": {"schema": body.model_json_schema(), "examples": dict(examples)}}
    return {"openapi_extra": {"security": [{GUARD: []}], "requestBody": {"required": True, "content": content}}}


PREDICT: dict[str, Any] = {
    **_describe(PredictAnswer, *WITH_BODY, 404, 429, 504, content={"application/json": {"example": PREDICT_ANSWERED}}),
    **_ask(PredictRequest, PREDICT_ASKED),
}
GENERATE: dict[str, Any] = {
    **_describe(GenerateAnswer, *WITH_BODY, 404, 429, 504, content=STREAM),
    **_ask(GenerateRequest, GENERATE_ASKED),
}
FEEDBACK: dict[str, Any] = {
    **_describe(FeedbackAnswer, *WITH_BODY, 404, 503),
    **_ask(Feedback, FEEDBACK_ASKED),
}
MODEL: dict[str, Any] = {**_describe(ModelAnswer, 401, 421), "openapi_extra": {"security": [{GUARD: []}]}}
PROBES: dict[str, Any] = {
    "include_in_schema": False,  # for the machines that look after the server
}


def add_description(app: FastAPI) -> None:
    """Let `/openapi.json` describe the routes of `app`, and how a key is sent."""

    def describe() -> dict[str, Any]:
        if not app.openapi_schema:
            document = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
            scheme = {"type": "http", "scheme": "bearer", "description": "where the server was started with a key"}
            document["components"].setdefault("securitySchemes", {})[GUARD] = scheme
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = describe  # type: ignore[method-assign]  # as FastAPI's documentation has it
