from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics

from app.report.statistics.scores import METRICS, Tallies
from app.tasks import CLASSIFICATION


def tallies(labels: np.ndarray, predicted: np.ndarray, classes: int) -> Tallies:
    identity = np.eye(classes)
    hits = identity[labels] * identity[predicted]
    return Tallies(hits.sum(0), identity[predicted].sum(0), identity[labels].sum(0))


BY_SCIKIT = {
    "accuracy": metrics.accuracy_score,
    "f1_macro": lambda y, p: metrics.f1_score(y, p, average="macro", zero_division=0),
    "f1_weighted": lambda y, p: metrics.f1_score(y, p, average="weighted", zero_division=0),
    "matthews_correlation": metrics.matthews_corrcoef,
}
BY_SCIKIT_OF_TWO = {
    **BY_SCIKIT,
    "f1": lambda y, p: metrics.f1_score(y, p, zero_division=0),
    "precision": lambda y, p: metrics.precision_score(y, p, zero_division=0),
    "recall": lambda y, p: metrics.recall_score(y, p, zero_division=0),
}


def test_every_metric_of_choices_has_an_interval() -> None:
    of_probabilities = {"auroc", "calibration_error"}  # which counts of choices do not tell
    assert set(METRICS) == set(CLASSIFICATION.metrics) - of_probabilities == set(BY_SCIKIT_OF_TWO)


@pytest.mark.parametrize("name", BY_SCIKIT_OF_TWO)
@pytest.mark.parametrize("seed", range(5))
def test_two_classes_score_as_in_scikit_learn(name: str, seed: int) -> None:
    random = np.random.default_rng(seed)
    labels, predicted = random.integers(0, 2, (2, 40))
    assert METRICS[name](tallies(labels, predicted, 2)) == pytest.approx(BY_SCIKIT_OF_TWO[name](labels, predicted))


@pytest.mark.parametrize("name", BY_SCIKIT)
def test_many_classes_score_as_in_scikit_learn_also_where_one_never_occurs(name: str) -> None:
    random = np.random.default_rng(7)
    labels, predicted = random.integers(0, 75, (2, 300))
    predicted = np.where(random.random(300) < 0.7, labels, predicted)
    assert METRICS[name](tallies(labels, predicted, 77)) == pytest.approx(BY_SCIKIT[name](labels, predicted))


@pytest.mark.parametrize("name", METRICS)
def test_a_constant_prediction_has_a_score(name: str) -> None:
    labels = np.array([0, 1, 0, 1])
    assert METRICS[name](tallies(labels, np.zeros(4, dtype=int), 2)) == pytest.approx(
        BY_SCIKIT_OF_TWO[name](labels, np.zeros(4, dtype=int))
    )
