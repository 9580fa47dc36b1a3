"""The classifier tells new rows from old ones where there is something to tell, and else as chance does."""

import numpy as np

from app.serving.drift.domain import classify_features, classify_texts
from tests.serving.drift.samples import unusual, usual, without_texts


def test_texts_of_another_kind_are_told_apart_by_their_words():
    found = classify_texts(usual(0, 200).texts, unusual(0, 120).texts)
    assert found.found.p_value == 1 / 2000
    assert found.found.effect > 0.45
    assert {"music", "plot", "acting"} & set(found.new_words)
    assert not set(found.new_words) & set(found.old_words)


def test_a_tenth_of_foreign_texts_is_seen():
    found = classify_texts(usual(0, 400).texts, (*usual(400, 580).texts, *unusual(0, 20).texts))
    assert found.found.p_value < 0.01


def test_without_drift_p_values_are_as_even_as_they_ought_to_be():
    texts = usual(0, 900).texts
    found = []
    for look in range(40):
        places = np.random.default_rng(look).permutation(len(texts))[:160]
        drawn = [texts[place] for place in places]
        found.append(classify_texts(drawn[:90], drawn[90:], seed=look).found.p_value)
    assert np.mean(np.asarray(found) < 0.1) < 0.28  # of 40 with a rate of 0.1, more than 11 come once in 2,600 times
    assert 0.35 < np.mean(found) < 0.65


def test_texts_that_are_all_alike_are_not_told_apart():
    found = classify_texts(["the same"] * 120, ["the same"] * 120)
    assert (found.found.p_value, found.found.effect) == (1.0, 0.0)


def test_texts_without_a_word_in_common_say_nothing():
    assert classify_texts([""] * 120, ["?!"] * 120) is None


def test_features_tell_rows_apart_where_texts_are_not_kept():
    found = classify_features(without_texts(usual(0, 200)), without_texts(unusual(0, 120)))
    assert found.found.p_value == 1 / 2000
    assert found.found.effect > 0.2
    assert found.new_words == ()
    assert classify_features(usual(0, 200), usual(200, 400)).found.p_value > 0.01


def test_of_very_many_rows_a_thousand_are_asked():
    many = usual(0, 300).texts * 5
    found = classify_texts(many, unusual(0, 120).texts)
    assert found.found.p_value == 1 / 2000
