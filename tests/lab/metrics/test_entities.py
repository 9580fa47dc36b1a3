"""Entities are found and scored as seqeval and conlleval have it, in every scheme of tags."""

import random
import warnings

import numpy as np
import pytest
from seqeval import metrics as seqeval
from seqeval.metrics.sequence_labeling import get_entities

from app.lab.entities import count_entities, describe_entities, find_entities
from app.lab.metrics import EntityScores, score_tags
from app.lab.tags import split_tag

SCHEMES = {
    "IOB2": ("O", "B-PER", "I-PER", "B-LOC", "I-LOC"),  # drawn at random: I- without B-, and of another type
    "BIOES": ("O", *(f"{mark}-{kind}" for mark in "BIES" for kind in ("PER", "ORG", "WORK-OF-ART"))),
    "without types": ("O", "B", "I", "E", "S"),
}


def draw(names, seed, sentences=60):
    draw = random.Random(seed)
    lengths = [draw.randrange(1, 9) for _ in range(sentences)]
    truth = [[draw.choice(names) for _ in range(length)] for length in lengths]
    # half of the words as they are, so that some entities agree
    predicted = [[tag if draw.random() < 0.7 else draw.choice(names) for tag in tags] for tags in truth]
    return truth, predicted


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("seed", range(25))
def test_scores_are_those_of_seqeval(scheme, seed):
    truth, predicted = draw(SCHEMES[scheme], seed)
    ours = EntityScores().compute(predictions=predicted, references=truth)
    assert ours == {
        "entity_f1": pytest.approx(seqeval.f1_score(truth, predicted)),
        "entity_precision": pytest.approx(seqeval.precision_score(truth, predicted)),
        "entity_recall": pytest.approx(seqeval.recall_score(truth, predicted)),
        "token_accuracy": pytest.approx(seqeval.accuracy_score(truth, predicted)),
    }
    assert 0 < ours["entity_f1"] < 1


@pytest.mark.parametrize("scheme", SCHEMES)
def test_entities_are_those_of_seqeval(scheme):
    names = SCHEMES[scheme]
    codes = {name: code for code, name in enumerate(names)}
    for seed in range(25):
        truth, _ = draw(names, seed)
        flat = np.asarray([codes[tag] for tags in truth for tag in tags])
        found = find_entities(flat, np.asarray([len(tags) for tags in truth]), names)
        places = []  # over the words of all sentences, as ours are
        for number, tags in enumerate(truth):
            before = sum(map(len, truth[:number]))
            places += [(begin + before, end + before) for _, begin, end in get_entities(tags)]
        assert list(zip(found.begins, found.ends, strict=True)) == places


def test_an_entity_counts_only_as_a_whole():
    names = SCHEMES["IOB2"]
    truth, predicted = np.array([1, 2, 0, 3, 4, 4, 0, 1]), np.array([1, 0, 0, 3, 4, 4, 0, 3])
    lengths = np.array([3, 5])
    counts = count_entities(truth, predicted, lengths, names)
    assert counts.true.tolist() == [1, 2]
    assert counts.predicted.tolist() == [1, 2]
    assert counts.correct.tolist() == [0, 1]  # a part of one, and one of another type, are wrong
    assert score_tags("entity_f1", predicted, truth, lengths, names) == pytest.approx(2 / 6)
    assert score_tags("token_accuracy", predicted, truth, lengths, names) == 6 / 8


def test_an_entity_ends_with_its_sentence():
    names = SCHEMES["IOB2"]
    found = find_entities(np.array([1, 2, 2, 2]), np.array([2, 2]), names)
    assert (found.begins.tolist(), found.ends.tolist()) == ([0, 2], [1, 3])


@pytest.mark.parametrize("where", ["references", "predictions"])
def test_where_there_is_nothing_to_find_scores_are_zero(where):
    rows = {"references": [["B-PER"]], "predictions": [["B-PER"]], where: [["O"]]}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        scores = EntityScores().compute(**rows)
    assert set(scores.values()) == {0.0}


def test_entities_are_told_as_a_person_reads_them():
    names, words = SCHEMES["IOB2"], ("Ada", "Bell", "left", "Rome")
    assert describe_entities(words, (1, 2, 0, 3), names) == "Ada Bell (PER), Rome (LOC)"
    assert describe_entities(words, (0, 0, 0, 0), names) == "–"


def test_a_tag_is_a_mark_and_a_type():
    assert split_tag("B-WORK-OF-ART") == ("B", "WORK-OF-ART")
    assert [split_tag(tag) for tag in ("O", "NOUN", "B-", "-PER", "U-PER", "")] == [None] * 6
