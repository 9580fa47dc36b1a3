"""The function answers the events that API Gateway sends, one after the other, by the application of the server."""

import base64
import json

import pytest

from app.errors import PackageError
from app.serving.api.function import make_handler
from app.serving.store.store import Store

QUESTION = {"text": "The keys are rusty."}


def an_event(path: str, body: object = None, method: str = "POST", *, key: str = "", encoded: bool = False) -> dict:
    """As the HTTP API of API Gateway and the URL of a function send it: payload format 2.0."""
    headers = {"host": "x.lambda-url.eu-central-1.on.aws", "content-type": "application/json"}
    text = json.dumps(body) if body is not None else ""
    return {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": "",
        "headers": headers | ({"authorization": f"Bearer {key}"} if key else {}),
        "requestContext": {"http": {"method": method, "path": path, "sourceIp": "192.0.2.1"}},
        "body": base64.b64encode(text.encode()).decode() if encoded else text,
        "isBase64Encoded": encoded,
    }


def test_events_are_answered_one_after_the_other(package, tmp_path, monkeypatch):
    monkeypatch.delenv("APP_API_KEY", raising=False)
    handler = make_handler(package.path, scratch=tmp_path)
    answers = [handler(an_event("/v1/predict", QUESTION, encoded=encoded), None) for encoded in (False, True)]
    assert [answer["statusCode"] for answer in answers] == [200, 200]
    first, second = (json.loads(answer["body"])["answers"][0] for answer in answers)
    assert first["label"] == second["label"]
    assert handler(an_event("/readyz", method="GET"), None)["statusCode"] == 200
    assert handler(an_event("/v1/predict", {"text": 3}), None)["statusCode"] == 422


def test_the_key_is_asked_for(package, tmp_path, monkeypatch):
    monkeypatch.setenv("APP_API_KEY", "secret")
    handler = make_handler(package.path, scratch=tmp_path)
    assert handler(an_event("/v1/predict", QUESTION), None)["statusCode"] == 401
    assert handler(an_event("/v1/predict", QUESTION, key="secret"), None)["statusCode"] == 200


def test_feedback_is_kept_as_long_as_the_instance_lives(package, tmp_path, monkeypatch):
    monkeypatch.delenv("APP_API_KEY", raising=False)
    handler = make_handler(package.path, scratch=tmp_path)
    said = {"id": "0" * 32, "label": "yes", "text": "The keys are rusty."}
    assert handler(an_event("/v1/feedback", said), None)["statusCode"] == 200
    assert len(Store(tmp_path / "tiny" / "predictions.db").labelled().examples) == 1


def test_an_image_without_a_model_does_not_start(tmp_path):
    with pytest.raises(PackageError):
        make_handler(tmp_path, scratch=tmp_path)
