"""The scores are scikit-learn's, and evaluate takes them as its own."""

import evaluate
import numpy as np
import pytest
from sklearn import metrics as sk

from app.lab.metrics import ClassificationScores, ProbabilityScores, score_classes
from app.lab.metrics.bins import BINS, calibration_error
from app.tasks import CLASSIFICATION


def drawn(classes, rows=500, seed=0):
    random = np.random.default_rng(seed)
    references = random.integers(0, classes, rows)
    scores = random.random((rows, classes)) + np.eye(classes)[references] * random.random((rows, 1))
    return references, scores / scores.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("classes", [2, 5])
def test_scores_agree_with_scikit_learn_on_random_labels(classes):
    references, probabilities = drawn(classes)
    predictions = probabilities.argmax(1)
    average = "binary" if classes == 2 else "macro"
    scores = {name: score_classes(name, probabilities, references) for name in CLASSIFICATION.metrics}
    area = (
        sk.roc_auc_score(references, probabilities[:, 1])
        if classes == 2
        else sk.roc_auc_score(references, probabilities, multi_class="ovr")
    )
    assert scores == pytest.approx(
        {
            "accuracy": sk.accuracy_score(references, predictions),
            "f1": sk.f1_score(references, predictions, average=average),
            "f1_macro": sk.f1_score(references, predictions, average="macro"),
            "f1_weighted": sk.f1_score(references, predictions, average="weighted"),
            "precision": sk.precision_score(references, predictions, average=average),
            "recall": sk.recall_score(references, predictions, average=average),
            "matthews_correlation": sk.matthews_corrcoef(references, predictions),
            "auroc": area,
            "calibration_error": calibration_by_hand(references, probabilities),
        }
    )


def calibration_by_hand(references, probabilities):
    confidence, right = probabilities.max(1), probabilities.argmax(1) == references
    total = 0.0
    for bin_ in range(BINS):
        inside = (confidence > bin_ / BINS) & (confidence <= (bin_ + 1) / BINS)
        if inside.any():
            total += inside.mean() * abs(right[inside].mean() - confidence[inside].mean())
    return total


def test_evaluate_computes_the_same_as_one_score_alone():
    references, probabilities = drawn(3)
    choices = ClassificationScores().compute(predictions=probabilities.argmax(1), references=references)
    sure = ProbabilityScores().compute(predictions=probabilities, references=references)
    both = {**choices, **sure}
    assert both == pytest.approx({name: score_classes(name, probabilities, references) for name in both})
    assert set(both) == set(CLASSIFICATION.metrics)
    assert isinstance(ClassificationScores(), evaluate.Metric)


def test_a_perfect_prediction_has_perfect_scores():
    scores = {name: score_classes(name, np.eye(2)[[0, 1, 1]], [0, 1, 1]) for name in CLASSIFICATION.metrics}
    assert scores.pop("calibration_error") == 0
    assert set(scores.values()) == {1.0}


def test_one_class_predicted_throughout_is_scored_without_a_warning():
    said = np.eye(2)[[0, 0, 0, 0]]
    values = [score_classes(name, said, [0, 1, 0, 1]) for name in ("accuracy", "f1", "matthews_correlation")]
    assert values == [0.5, 0.0, 0.0]


def test_the_area_is_not_known_where_a_class_is_absent():
    assert np.isnan(score_classes("auroc", np.full((2, 3), 1 / 3), [0, 1]))


def test_probabilities_that_are_no_numbers_have_no_score():
    assert np.isnan(score_classes("accuracy", np.full((2, 2), np.nan), [0, 1]))


def test_confidence_that_is_kept_in_three_of_four_rows_is_off_by_a_quarter():
    assert calibration_error(np.array([0, 0, 0, 1]), np.eye(2)[[0, 0, 0, 0]]) == pytest.approx(0.25)
