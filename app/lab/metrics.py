"""Scores of predictions against labels: an `evaluate.Metric` module that needs no network."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import datasets
import evaluate
import numpy as np
import numpy.typing as npt
from sklearn import metrics as sk

from app.config import METRICS

__all__ = ["ClassificationScores", "compute_score", "compute_scores"]

Labels = Sequence[int] | npt.NDArray[np.int64]


def _average(references: Labels, predictions: Labels) -> str:
    """Two classes: the scores of class 1, as GLUE has it. More: the mean over classes."""
    return "binary" if max(max(references), max(predictions)) <= 1 else "macro"


_SCORES: Mapping[str, Callable[[Labels, Labels], float]] = {
    "accuracy": sk.accuracy_score,
    "f1": lambda y, p: sk.f1_score(y, p, average=_average(y, p), zero_division=0),
    "f1_macro": lambda y, p: sk.f1_score(y, p, average="macro", zero_division=0),
    "f1_weighted": lambda y, p: sk.f1_score(y, p, average="weighted", zero_division=0),
    "precision": lambda y, p: sk.precision_score(y, p, average=_average(y, p), zero_division=0),
    "recall": lambda y, p: sk.recall_score(y, p, average=_average(y, p), zero_division=0),
    "matthews_correlation": sk.matthews_corrcoef,
}


class ClassificationScores(evaluate.Metric):  # type: ignore[misc]  # evaluate has no types
    """The scores of classes: `ClassificationScores().compute(predictions=..., references=...)`.

    Labels are class indices from 0, of shape (rows,). The result maps every name of `app.config.METRICS` to its
    value, by scikit-learn's definitions; `f1`, `precision` and `recall` are of class 1 where there are two classes,
    and macro averages where there are more.
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
        return {name: compute_score(name, predictions, references) for name in METRICS}


def compute_score(name: str, predictions: Labels, references: Labels) -> float:
    """One score of `app.config.METRICS`, without evaluate's bookkeeping: for the end of every epoch."""
    return float(_SCORES[name](references, predictions))


def compute_scores(predictions: Labels, references: Labels) -> dict[str, float]:
    """Every score of `app.config.METRICS` for class indices of shape (rows,)."""
    scores = ClassificationScores().compute(predictions=np.asarray(predictions), references=np.asarray(references))
    return dict(scores or {})
