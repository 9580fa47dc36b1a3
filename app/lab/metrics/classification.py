"""Scores of classes: `evaluate.Metric` modules that need no network."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import datasets
import evaluate
import numpy as np
import numpy.typing as npt
from sklearn import metrics as sk

from app.lab.metrics.bins import calibration_error

__all__ = ["ClassificationScores", "ProbabilityScores", "score_classes"]

Labels = Sequence[int] | npt.NDArray[np.int64]
Probabilities = npt.NDArray[np.floating[Any]]


def _average(references: Labels, predictions: Labels) -> str:
    """Two classes: the scores of class 1, as GLUE has it. More: the mean over classes."""
    return "binary" if max(max(references), max(predictions)) <= 1 else "macro"


_OF_CHOICES: Mapping[str, Callable[[Labels, Labels], float]] = {
    "accuracy": sk.accuracy_score,
    "f1": lambda y, p: sk.f1_score(y, p, average=_average(y, p), zero_division=0),
    "f1_macro": lambda y, p: sk.f1_score(y, p, average="macro", zero_division=0),
    "f1_weighted": lambda y, p: sk.f1_score(y, p, average="weighted", zero_division=0),
    "precision": lambda y, p: sk.precision_score(y, p, average=_average(y, p), zero_division=0),
    "recall": lambda y, p: sk.recall_score(y, p, average=_average(y, p), zero_division=0),
    "matthews_correlation": sk.matthews_corrcoef,
}


def _auroc(references: npt.NDArray[np.int64], probabilities: Probabilities) -> float:
    """Of class 1 where there are two classes; else the mean over one class against the rest. nan if one is absent."""
    classes = probabilities.shape[1]
    if len(np.unique(references)) < classes:
        return float("nan")
    if classes == 2:
        return float(sk.roc_auc_score(references, probabilities[:, 1]))
    scores = [sk.roc_auc_score(references == label, probabilities[:, label]) for label in range(classes)]
    return float(np.mean(scores))


_OF_PROBABILITIES: Mapping[str, Callable[[npt.NDArray[np.int64], Probabilities], float]] = {
    "auroc": _auroc,
    "calibration_error": calibration_error,
}


def score_classes(name: str, probabilities: Probabilities, references: Labels) -> float:
    """One score of `app.tasks.CLASSIFICATION.metrics`, without evaluate's bookkeeping: for the end of every epoch.

    Args:
        name: of the metric.
        probabilities: of shape (rows, classes); the prediction is the class with the largest.
        references: class indices of shape (rows,).
    """
    truth = np.asarray(references)
    if not np.isfinite(probabilities).all():
        return float("nan")  # a model that diverged has no classes to score
    if name in _OF_PROBABILITIES:
        return float(_OF_PROBABILITIES[name](truth, probabilities))
    return float(_OF_CHOICES[name](truth, probabilities.argmax(axis=1)))


class ClassificationScores(evaluate.Metric):  # type: ignore[misc]  # evaluate has no types
    """The scores of choices: `ClassificationScores().compute(predictions=..., references=...)`.

    Labels are class indices from 0, of shape (rows,). The result maps the names of metrics to values by
    scikit-learn's definitions; `f1`, `precision` and `recall` are of class 1 where there are two classes, and macro
    averages where there are more.
    """

    def __init__(self) -> None:
        super().__init__(keep_in_memory=True)

    def _info(self) -> evaluate.MetricInfo:
        integer = datasets.Value("int64")
        return evaluate.MetricInfo(
            description="scores of classes, by scikit-learn's definitions",
            citation="",
            inputs_description="predictions and references: class indices",
            features=datasets.Features({"predictions": integer, "references": integer}),
        )

    def _compute(self, *, predictions: Labels, references: Labels) -> dict[str, float]:
        return {name: float(score(references, predictions)) for name, score in _OF_CHOICES.items()}


class ProbabilityScores(evaluate.Metric):  # type: ignore[misc]  # evaluate has no types
    """The scores of probabilities: `ProbabilityScores().compute(predictions=..., references=...)`.

    Predictions are of shape (rows, classes) and add up to 1 in each row. `auroc` is of class 1 where there are two
    classes, else the mean over classes of one against the rest, and nan where a class is absent from the references;
    `calibration_error` is that of `app.lab.metrics.bins`.
    """

    def __init__(self) -> None:
        super().__init__(keep_in_memory=True)

    def _info(self) -> evaluate.MetricInfo:
        return evaluate.MetricInfo(
            description="area under the receiver operating characteristic, expected calibration error",
            citation="",
            inputs_description="predictions: probabilities of the classes; references: class indices",
            features=datasets.Features(
                {"predictions": datasets.Sequence(datasets.Value("float64")), "references": datasets.Value("int64")}
            ),
        )

    def _compute(self, *, predictions: Probabilities, references: Labels) -> dict[str, float]:
        probabilities, truth = np.asarray(predictions), np.asarray(references)
        return {name: float(score(truth, probabilities)) for name, score in _OF_PROBABILITIES.items()}
