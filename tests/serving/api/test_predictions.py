"""A text is answered as the model answers it, whatever its kind, and what is kept of it is what may be kept."""

import pytest

from app.serving.api.routes import Privacy
from app.serving.engine.answers import read_answer
from app.serving.engine.engine import Engine
from tests.serving.api.graphs import LABELS
from tests.serving.api.serving import wait_until

TEXT = "My card is lost"


def test_a_text_is_answered_as_the_engine_answers_it(serve):
    served = serve()
    answer = served.ask("/v1/predict", {"text": TEXT}).json()
    engine = Engine(served.folder)
    (row,) = engine.encode([(TEXT,)])
    expected = read_answer(engine.manifest, row, engine.compute([row])[0]).choices
    (found,) = answer["answers"]
    assert answer["model"] == {"name": "mail", "version": 1}
    assert answer["milliseconds"] > 0
    assert found["label"] == expected[0].label
    assert found["probability"] == pytest.approx(expected[0].probability, abs=1e-6)
    assert [other["label"] for other in found["alternatives"]] == [choice.label for choice in expected[1:]]
    assert len(found["id"]) == 32


def test_many_texts_are_answered_in_their_order_each_as_by_itself(serve):
    served = serve()
    texts = ["card", "the rate " * 5, "money", "where is my card", "unheard of"] * 6
    together = served.ask("/v1/predict", {"texts": texts}).json()["answers"]
    alone = [served.ask("/v1/predict", {"text": text}).json()["answers"][0] for text in texts[:5]] * 6
    assert [one["label"] for one in together] == [one["label"] for one in alone]
    assert [one["probability"] for one in together] == pytest.approx([one["probability"] for one in alone], abs=2e-6)
    assert len({one["id"] for one in together}) == 30


def test_as_many_labels_are_named_as_are_asked_for(serve):
    for top, others in ((1, 0), (2, 1), (100, len(LABELS) - 1)):
        (answer,) = serve().ask("/v1/predict", {"text": TEXT, "top_k": top}).json()["answers"]
        assert len(answer["alternatives"]) == others


def test_that_a_text_was_cut_is_said(serve):
    short, long = serve().ask("/v1/predict", {"texts": ["card", "card " * 40]}).json()["answers"]
    assert (short["is_cut"], long["is_cut"]) == (False, True)


def test_a_pair_is_two_texts(serve):
    answers = (
        serve("pairs").ask("/v1/predict", {"texts": [["my card", "is lost"], ["is lost", "my card"]]}).json()["answers"]
    )
    assert all(answer["label"] in LABELS for answer in answers)
    for wrong in ("one text", ["one"], ["one", "two", "three"]):
        answer = serve("pairs").ask("/v1/predict", {"text": wrong})
        assert answer.status_code == 422
        assert "takes pairs: give [first, second]" in answer.json()["error"]["message"]


def test_a_rating_is_a_number(serve):
    (answer,) = serve("text-regression").ask("/v1/predict", {"text": TEXT}).json()["answers"]
    assert set(answer) == {"id", "value", "is_cut"}
    assert isinstance(answer["value"], float)


def test_words_are_tagged_where_they_stand(serve):
    text = "Ada lives, in  Paris."
    (answer,) = serve("token-classification").ask("/v1/predict", {"text": text}).json()["answers"]
    assert [text[word["start"] : word["end"]] for word in answer["words"]] == ["Ada", "lives", ",", "in", "Paris", "."]
    assert all(word["tag"] and 0 < word["probability"] <= 1 for word in answer["words"])
    (given,) = serve("token-classification").ask("/v1/predict", {"text": ["Ada", "lives"]}).json()["answers"]
    assert [word["word"] for word in given["words"]] == ["Ada", "lives"]
    assert given["words"][0]["tag"] == answer["words"][0]["tag"]


def test_a_word_that_was_not_read_has_no_tag_and_moves_no_other(serve):
    words = ["Ada", "\u200b", "Paris", *["word"] * 20]
    (answer,) = serve("token-classification").ask("/v1/predict", {"text": words}).json()["answers"]
    alone = serve("token-classification").ask("/v1/predict", {"text": ["Paris"]}).json()["answers"][0]
    assert [word.get("tag") is None for word in answer["words"][:3]] == [False, True, False]
    assert answer["words"][2]["tag"] == alone["words"][0]["tag"]
    assert answer["is_cut"]
    assert "tag" not in answer["words"][-1]


def test_what_was_served_is_kept_without_its_text_unless_that_is_allowed(serve):
    for keep in (False, True):
        served = serve(privacy=Privacy(keep_texts=keep))
        (answer,) = served.ask("/v1/predict", {"text": "where is nonesuch"}).json()["answers"]
        wait_until(served.store.read)
        (row,) = served.store.read()
        assert (row.id, row.prediction, row.version) == (answer["id"], answer["label"], 1)
        assert row.confidence == pytest.approx(answer["probability"])
        assert (row.characters, row.tokens, row.unknown, row.is_cut) == (17, 5, 1, False)
        assert row.texts == (("where is nonesuch",) if keep else ())


def test_feedback_is_kept_as_labelled_data(serve):
    served = serve(privacy=Privacy(keep_texts=False), origins=("feedback",))
    (answer,) = served.ask("/v1/predict", {"text": TEXT}).json()["answers"]
    said = {"id": answer["id"], "label": "other", "text": TEXT}
    assert served.ask("/v1/feedback", said).json() == {"kept": True}
    (example,) = served.store.labelled().examples
    assert (example.id, example.texts, example.label) == (answer["id"], (TEXT,), "other")
    assert served.figure("serving_feedback_total") == 1


@pytest.mark.parametrize(
    ("kind", "label", "status", "words"),
    [
        ("text-classification", "card lost", 422, "'card lost' is not known; the model knows card_lost, exchange_rate"),
        ("text-regression", "much", 422, "has to be a number"),
        ("text-regression", "nan", 422, "has to be a number"),
        ("text-regression", "2.5", 200, ""),
        ("token-classification", "O", 404, "no feedback is taken"),
    ],
)
def test_only_a_label_that_the_model_could_have_said_is_taken(serve, kind, label, status, words):
    answer = serve(kind).ask("/v1/feedback", {"id": "0" * 32, "label": label})
    assert answer.status_code == status
    assert words in answer.text


def test_the_facts_of_the_model_are_told(serve):
    facts = serve().ask("/v1/model").json()
    assert facts["labels"] == list(LABELS)
    assert (facts["metric"], facts["score"], facts["most_texts"]) == ("accuracy", 0.875, 32)
    assert facts["keeps_texts"] is False


def test_figures_tell_of_requests_answers_batches_and_the_version(serve):
    served = serve(origins=("figures",))
    served.ask("/v1/predict", {"texts": ["card", "money"]})
    served.ask("/v1/predict", {"text": ""})
    text = served.ask("/metrics").text
    path = {"path": "/v1/predict", "method": "POST"}
    assert served.figure("serving_requests_total", **path, status="200") == 1
    assert served.figure("serving_requests_total", **path, status="422") == 1
    assert served.figure("serving_request_seconds_count", path="/v1/predict") == 2
    assert sum(served.figure("serving_predictions_total", label=label) for label in LABELS) == 2
    assert served.figure("serving_confidence_count") == 2
    assert served.figure("serving_batch_rows_sum") == 2
    assert 'serving_model_info{kind="text-classification",name="mail",precision="fp32",version="1"} 1.0' in text
    assert "serving_queue_rows 0.0" in text
    assert "serving_store_lost_rows_total 0.0" in text
    served.ask("/made/up/1")
    served.ask("/made/up/2")
    assert served.figure("serving_requests_total", path="other", method="GET", status="404") == 2


def test_it_says_that_it_is_alive_and_ready(serve):
    assert serve().ask("/healthz").text == "ok\n"
    assert serve().ask("/readyz").status_code == 200
