"""The scores are scikit-learn's, and evaluate takes them as its own."""

import evaluate
import numpy as np
import pytest
from sklearn import metrics as sk

from app.config import CORPORA, METRICS
from app.lab.corpora import load_corpus
from app.lab.metrics import ClassificationScores, compute_score, compute_scores


@pytest.mark.parametrize("classes", [2, 5])
def test_scores_agree_with_scikit_learn_on_random_labels(classes):
    random = np.random.default_rng(0)
    references, predictions = random.integers(0, classes, (2, 500))
    average = "binary" if classes == 2 else "macro"
    scores = compute_scores(predictions, references)
    assert set(scores) == set(METRICS)
    assert scores["accuracy"] == sk.accuracy_score(references, predictions)
    assert scores["f1"] == pytest.approx(sk.f1_score(references, predictions, average=average))
    assert scores["f1_macro"] == pytest.approx(sk.f1_score(references, predictions, average="macro"))
    assert scores["f1_weighted"] == pytest.approx(sk.f1_score(references, predictions, average="weighted"))
    assert scores["precision"] == pytest.approx(sk.precision_score(references, predictions, average=average))
    assert scores["recall"] == pytest.approx(sk.recall_score(references, predictions, average=average))
    assert scores["matthews_correlation"] == pytest.approx(sk.matthews_corrcoef(references, predictions))


def test_a_perfect_prediction_has_perfect_scores():
    assert set(compute_scores([0, 1, 1], [0, 1, 1]).values()) == {1.0}


def test_one_class_predicted_throughout_is_scored_without_a_warning():
    scores = compute_scores([0, 0, 0, 0], [0, 1, 0, 1])
    assert (scores["accuracy"], scores["f1"], scores["matthews_correlation"]) == (0.5, 0.0, 0.0)


def test_one_score_alone_is_the_same():
    assert compute_score("f1", [1, 0, 1], [1, 1, 1]) == compute_scores([1, 0, 1], [1, 1, 1])["f1"]


def test_evaluate_takes_it_as_a_metric():
    assert isinstance(ClassificationScores(), evaluate.Metric)


def test_the_names_a_config_may_use_are_those_that_exist():
    for name in METRICS:
        assert compute_score(name, [0, 1], [0, 1]) == 1.0
    for name in CORPORA:
        assert load_corpus(name).splits["train"].texts
