"""Scores of numbers: an `evaluate.Metric` module that needs no network."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import datasets
import evaluate
import numpy as np
import numpy.typing as npt
from scipy import stats
from sklearn import metrics as sk

__all__ = ["RegressionScores", "score_numbers"]

Numbers = Sequence[float] | npt.NDArray[np.floating[Any]]


def _correlation(measure: Callable[..., Any]) -> Callable[[Numbers, Numbers], float]:
    """A correlation by scipy, which is nan where either side is constant; scipy's warning of it says no more."""

    def correlate(references: Numbers, predictions: Numbers) -> float:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", stats.ConstantInputWarning)
            warnings.simplefilter("ignore", stats.NearConstantInputWarning)
            return float(measure(references, predictions).statistic)

    return correlate


_SCORES: Mapping[str, Callable[[Numbers, Numbers], float]] = {
    "pearson": _correlation(stats.pearsonr),
    "spearman": _correlation(stats.spearmanr),
    "mae": sk.mean_absolute_error,
    "mse": sk.mean_squared_error,
}


def score_numbers(name: str, predictions: Numbers, references: Numbers) -> float:
    """One score of `app.tasks.REGRESSION.metrics` for numbers of shape (rows,); nan where one is not finite."""
    if not np.isfinite(predictions).all():
        return float("nan")
    return float(_SCORES[name](references, predictions))


class RegressionScores(evaluate.Metric):  # type: ignore[misc]  # evaluate has no types
    """The scores of numbers: `RegressionScores().compute(predictions=..., references=...)`, both of shape (rows,).

    `pearson` and `spearman` by scipy's definitions, nan where one side is constant; `mae` and `mse`, the mean absolute
    and the mean squared error, by scikit-learn's.
    """

    def __init__(self) -> None:
        super().__init__(keep_in_memory=True)

    def _info(self) -> evaluate.MetricInfo:
        number = datasets.Value("float64")
        return evaluate.MetricInfo(
            description="correlations by scipy's definitions, errors by scikit-learn's",
            citation="",
            inputs_description="predictions and references: numbers",
            features=datasets.Features({"predictions": number, "references": number}),
        )

    def _compute(self, *, predictions: Numbers, references: Numbers) -> dict[str, float]:
        return {name: score_numbers(name, predictions, references) for name in _SCORES}
