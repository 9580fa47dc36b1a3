"""A look at what was served finds drift where there is some, says how much, and does not cry wolf."""

import dataclasses

import numpy as np
import pytest

from app.serving.drift.checks import ALPHA, Group, Verdict, find_drift
from benchmarks.drift import simulate
from tests.serving.drift.samples import shifted, unusual, usual, with_labels, without_texts, world

KIND = "text-classification"


def named(findings):
    return {check.name: check for check in findings.checks}


def test_without_drift_at_most_the_stated_share_of_looks_finds_some():
    # a small version of what benchmarks/drift.py measures: of 40 at a rate of 0.01, more than 2 come once in 130 times
    assert sum(simulate(world(), reference=200, requests=100, foreign=0.0, looks=40, with_texts=True)) <= 2


@pytest.mark.parametrize("with_texts", [True, False])
def test_reviews_of_films_are_no_intents_at_200_requests(with_texts):
    assert all(simulate(world(), reference=200, requests=200, foreign=1.0, looks=5, with_texts=with_texts))


def test_each_kind_of_drift_is_found_by_its_own_check():
    found = find_drift(usual(0, 400), unusual(0, 200), kind=KIND)
    assert found.verdict is Verdict.DRIFT
    assert {check.group for check in found.drifted} >= {Group.DATA, Group.PREDICTIONS, Group.CONFIDENCE}
    assert found.checks[0].is_drift
    assert {"music", "plot", "acting"} <= set(found.new_words)
    assert all(check.adjusted >= check.p_value for check in found.checks)


def test_what_is_significant_and_small_is_no_drift():
    rows = usual(0, 600).take([*range(600)] * 5)
    served = shifted(rows, characters=rows.characters + 3)  # of 70 in the middle
    check = named(find_drift(without_texts(rows), without_texts(served), kind=KIND))["characters"]
    assert check.adjusted < ALPHA
    assert check.effect < check.least
    assert not check.is_drift


def test_few_requests_get_no_verdict():
    found = find_drift(usual(0, 300), unusual(0, 99), kind=KIND)
    assert found.verdict is Verdict.TOO_FEW
    assert found.checks == ()
    assert found.left_out == (("all of them", "99 requests, and 100 are needed"),)


def test_the_classifier_reads_texts_where_both_have_them_and_features_where_not():
    assert "words" in named(find_drift(usual(0, 200), usual(200, 350), kind=KIND))
    assert "features together" in named(find_drift(usual(0, 200), without_texts(usual(200, 350)), kind=KIND))


def test_accuracy_that_has_fallen_is_drift():
    reference, served = usual(0, 400), usual(400, 600)
    wrong = [f"not {name}" if place % 2 else name for place, name in enumerate(served.predictions)]
    found = find_drift(reference, with_labels(served, wrong), kind=KIND)
    check = named(found)["accuracy"]
    assert check.is_drift
    assert check.group is Group.PERFORMANCE
    assert check.now == "0.500 (0.431 to 0.569 with 95 % confidence), of 200 rows"


def test_accuracy_is_compared_on_rows_that_feedback_has_labelled():
    reference, served = usual(0, 400), usual(400, 600)
    few = [name if place < 29 else None for place, name in enumerate(served.predictions)]
    reason = dict(find_drift(reference, with_labels(served, few), kind=KIND).left_out)["accuracy"]
    assert reason == "feedback has labelled 29 of the requests, and 30 are needed"


@pytest.mark.parametrize("confirmed", [0, 20])
def test_feedback_on_some_requests_says_nothing_of_accuracy(confirmed):
    reference, served = usual(0, 400), usual(400, 600)
    right = [name if 40 <= place < 40 + confirmed else None for place, name in enumerate(served.predictions)]
    mistakes = [f"not {name}" if place < 40 else None for place, name in enumerate(served.predictions)]
    said = [one or other for one, other in zip(mistakes, right, strict=True)]
    found = find_drift(reference, with_labels(served, said), kind=KIND)
    assert f"feedback has labelled {40 + confirmed} of 200 requests" in dict(found.left_out)["accuracy"]
    assert "accuracy" not in named(found)


def test_numbers_that_are_predicted_are_compared_as_numbers():
    random = np.random.default_rng(0)
    reference, served = (
        dataclasses.replace(
            usual(first, last),
            predictions=tuple(str(value) for value in random.normal(mean, 1, last - first)),
            confidence=np.full(last - first, np.nan),
        )
        for first, last, mean in ((0, 300, 2.0), (300, 500, 4.0))
    )
    found = find_drift(reference, served, kind="text-regression")
    assert named(found)["predictions"].is_drift
    assert set(dict(found.left_out)) == {"confidence", "accuracy"}
    broken = dataclasses.replace(served, predictions=("nan", "") * 100)
    assert "predictions" in dict(find_drift(reference, broken, kind="text-regression").left_out)


def test_a_language_model_is_watched_by_what_it_is_given():
    bare = [
        dataclasses.replace(side, predictions=("",) * len(side), confidence=np.full(len(side), np.nan))
        for side in (usual(0, 300), unusual(0, 150))
    ]
    found = find_drift(*bare, kind="causal-lm")
    assert found.verdict is Verdict.DRIFT
    assert {check.group for check in found.checks} == {Group.DATA}


def test_the_same_look_finds_the_same():
    assert find_drift(usual(0, 300), usual(300, 450), kind=KIND) == find_drift(
        usual(0, 300), usual(300, 450), kind=KIND
    )
