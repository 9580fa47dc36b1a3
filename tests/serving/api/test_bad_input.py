"""Whatever comes, it is answered, by a status that fits and by words that a person understands."""

import json

import pytest

from app.serving.api.border import Access
from app.serving.api.limits import BODY_BYTES, CHARACTERS

KEY = "s3cr3t"


def problem(answer) -> str:
    """The message of an answer that is none, in its one form."""
    assert answer.headers["content-type"] == "application/json"
    (error,) = answer.json().values()
    assert set(error) == {"code", "message"}
    return error["message"]


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"text": ""}, 422, "text: is empty"),
        ({"text": " \n\t"}, 422, "text: is empty"),
        ({"texts": ["card", ""]}, 422, "texts.1: is empty"),
        ({"texts": []}, 422, "texts: is empty"),
        ({"text": []}, 422, "text: is empty"),
        ({}, 422, "give either text or texts"),
        ({"text": "a", "texts": ["b"]}, 422, "give either text or texts"),
        ({"text": 5}, 422, "text: has to be a string"),
        ({"text": None}, 422, "text: has to be a string"),
        ({"texts": "card"}, 422, "texts: has to be a list"),
        ({"texts": ["card", {"a": 1}]}, 422, "texts.1: has to be a string"),
        ({"text": ["my", "card"]}, 422, "text: this model takes single texts"),
        ({"text": "card", "top_k": 0}, 422, "top_k: has to be 1 or more"),
        ({"text": "card", "top_k": "3"}, 422, "top_k: has to be a whole number"),
        ({"text": "card", "topk": 3}, 422, "topk: is not known here"),
        ({"text": "a" * (CHARACTERS + 1)}, 422, "text: may have 20,000 characters at most"),
        ({"texts": ["card"] * 33}, 422, "texts: may have 32 items at most"),
        ({"texts": ["card"] * 10_000}, 422, "texts: may have 32 items at most"),
        (["card"], 422, "the body has to be a JSON object"),
        ("card", 422, "the body has to be a JSON object"),
    ],
)
def test_a_body_that_makes_no_sense_is_told_what_is_wrong(serve, body, status, words):
    answer = serve().ask("/v1/predict", body)
    assert answer.status_code == status
    assert words in problem(answer)


@pytest.mark.parametrize(
    ("content", "status", "words"),
    [
        (b"", 400, "the body is not JSON"),
        (b"{", 400, "the body is not JSON"),
        (b'{"text": "card"', 400, "the body is not JSON"),
        (b"text=card", 400, "the body is not JSON"),
        (b'{"text": NaN}', 422, "text: has to be a string"),
        (b'{"text": "\xff\xfe"}', 400, "not UTF-8: byte 10"),
        (b'{"text": "\\ud800"}', 400, "the body is not JSON"),
        (b"[" * 100_000, 400, "the body is not JSON"),
        (b'{"text": "' + b"a" * BODY_BYTES + b'"}', 413, "1,048,576 bytes at most"),
    ],
)
def test_bytes_that_are_no_document_are_told_so(serve, content, status, words):
    answer = serve().ask("/v1/predict", content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code == status
    assert words in problem(answer)


def test_a_body_that_does_not_say_how_long_it_is_is_cut_off_as_well(serve):
    async def endless():
        for _ in range(64):
            yield b"a" * (BODY_BYTES // 32)

    answer = serve().ask("/v1/predict", content=endless(), headers={"Content-Type": "application/json"})
    assert answer.status_code == 413


def test_a_form_of_another_page_is_not_taken(serve):
    answer = serve().ask("/v1/predict", content=b'{"text": "card"}', headers={"Content-Type": "text/plain"})
    assert answer.status_code == 415
    assert "application/json" in problem(answer)


@pytest.mark.parametrize(
    "text", ["\x00", "🜁" * 1999, "‮card", "a" * CHARACTERS, "<script>alert(1)</script>", "\u0301" * 99]
)
def test_any_text_that_is_one_is_answered(serve, text):
    for kind in ("text-classification", "text-regression", "token-classification"):
        answer = serve(kind).ask("/v1/predict", {"text": text})
        assert answer.status_code == 200, answer.text


def test_what_is_not_there_is_said_to_be_not_there(serve):
    assert "/openapi.json says what there is" in problem(serve().ask("/v2/predict"))
    answer = serve().ask("/v1/predict")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert "is not asked by GET" in problem(answer)
    for page in ("/docs", "/redoc"):  # they would load scripts from elsewhere
        assert serve().ask(page).status_code == 404


def test_a_model_does_what_it_was_made_for(serve):
    answer = serve("causal-lm").ask("/v1/predict", {"text": "card"})
    assert answer.status_code == 404
    assert "/v1/generate goes on with a text" in problem(answer)
    answer = serve().ask("/v1/generate", {"prompt": "card"})
    assert answer.status_code == 404
    assert "it is asked by /v1/predict" in problem(answer)


@pytest.mark.parametrize("given", [None, "", "Bearer", "Bearer wrong", f"Basic {KEY}", f"Bearer {KEY}x", "Bearer \xe9"])
def test_without_the_key_nothing_is_answered(serve, given):
    served = serve(access=Access(KEY))
    headers = {} if given is None else {"Authorization": given.encode("latin-1")}
    for path, body in (("/v1/predict", {"text": "card"}), ("/v1/model", None), ("/v1/nowhere", None)):
        answer = served.ask(path, body, headers=headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        assert "key" in problem(answer)
        assert KEY not in answer.text


def test_with_the_key_it_is_and_the_page_and_probes_need_none(serve):
    served = serve(access=Access(KEY))
    assert served.ask("/v1/predict", {"text": "card"}, headers={"Authorization": f"bearer {KEY}"}).status_code == 200
    for path in ("/", "/page.js", "/healthz", "/readyz", "/metrics", "/openapi.json"):
        assert served.ask(path).status_code == 200


def test_without_a_key_it_answers_only_to_this_machines_own_names(serve):
    assert serve().ask("/v1/model", headers={"Host": "localhost:8000"}).status_code == 200
    answer = serve().ask("/v1/model", headers={"Host": "rebound.example"})
    assert answer.status_code == 421
    assert "on this machine alone" in problem(answer)


def test_pages_elsewhere_may_ask_only_if_they_are_named(serve):
    asked = {"Origin": "https://mail.example", "Access-Control-Request-Method": "POST"}

    def preflight(served, origin):
        return served.run(served.client.options("/v1/predict", headers={**asked, "Origin": origin}))

    assert "access-control-allow-origin" not in preflight(serve(), "https://mail.example").headers
    served = serve(origins=("https://mail.example",))
    allowed = preflight(served, "https://mail.example")
    assert allowed.headers["access-control-allow-origin"] == "https://mail.example"
    assert "access-control-allow-origin" not in preflight(served, "https://else.example").headers


def test_every_answer_has_headers_that_close_what_is_not_needed(serve):
    for path in ("/", "/v1/model", "/nowhere"):
        headers = serve().ask(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "http" not in headers["content-security-policy"]
    assert "default-src 'none'; script-src 'self'" in serve().ask("/").headers["content-security-policy"]


def test_a_fault_of_the_server_is_told_without_its_inside(serve, monkeypatch, caplog):
    served = serve(origins=("fault",))

    def break_down(*_):
        raise RuntimeError("inside")

    monkeypatch.setattr(served.service, "predict", break_down)
    answer = served.ask("/v1/predict", {"text": "card"})
    assert answer.status_code == 500
    assert "inside" not in problem(answer)
    monkeypatch.undo()
    assert served.ask("/v1/predict", {"text": "card"}).status_code == 200


def test_a_fault_in_keeping_an_answer_costs_no_answer_and_is_logged(serve, monkeypatch, caplog):
    served = serve(origins=("fault",))

    def break_down(*_):
        raise RuntimeError("inside")

    monkeypatch.setattr(served.service.recorder, "record", break_down)
    assert served.ask("/v1/predict", {"text": "card"}).status_code == 200
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == ["fault"]


def test_the_log_has_no_texts_unless_it_is_to(serve, caplog):
    from app.serving.api.routes import Privacy

    for shown in (False, True):
        caplog.clear()
        with caplog.at_level("INFO", "serving"):
            serve(privacy=Privacy(log_texts=shown)).ask("/v1/predict", {"text": "where is nonesuch"})
        facts = [vars(record).get("facts", {}) for record in caplog.records if record.message == "request"]
        assert facts[0]["rows"] == 1
        assert ("nonesuch" in json.dumps(facts)) is shown
