"""How sure a score is, and a difference between two scores, given that the examples are a sample."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.report.predictions import Predictions
from app.report.scores import Metric, Tallies

__all__ = ["Interval", "paired_difference", "score_interval"]

RESAMPLES = 2000
LEVEL = 0.95


@dataclass(frozen=True)
class Interval:
    """An estimate and the bounds it lies between, with 95 % confidence over examples."""

    estimate: float
    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        """Whether the data tell the estimate from 0."""
        return self.low > 0 or self.high < 0


def score_interval(predictions: Predictions, metric: Metric, *, resamples: int = RESAMPLES) -> Interval:
    """The mean score of the runs in `predictions`, with its bootstrap interval over examples.

    Examples are resampled with replacement, the same ones for every run: the spread over seeds is no part
    of it. Percentile interval: Efron & Tibshirani, An Introduction to the Bootstrap (1993), section 13.3.
    """
    point, drawn = _bootstrap(predictions.labels, predictions.predicted, len(predictions.classes), metric, resamples)
    return _interval(point.mean(), drawn.mean(-1))


def paired_difference(
    first: Predictions, second: Predictions, metric: Metric, *, resamples: int = RESAMPLES
) -> Interval | None:
    """Mean score of `first` minus that of `second` over the same resampled examples; None where these differ.

    Pairing removes what is hard or easy about the examples for both: Efron & Tibshirani (1993), chapter 8.
    """
    if not (np.array_equal(first.ids, second.ids) and np.array_equal(first.labels, second.labels)):
        return None
    if first.classes != second.classes:
        return None
    both = np.concatenate([first.predicted, second.predicted])
    point, drawn = _bootstrap(first.labels, both, len(first.classes), metric, resamples)
    runs = len(first.predicted)
    return _interval(point[:runs].mean() - point[runs:].mean(), drawn[:, :runs].mean(-1) - drawn[:, runs:].mean(-1))


def _interval(point: np.floating, drawn: NDArray[np.float64]) -> Interval:
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(float(point), float(low), float(high))


def _bootstrap(
    labels: NDArray[np.int64], predicted: NDArray[np.int64], classes: int, metric: Metric, resamples: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Scores of each run on the examples as they are (runs,), and on resampled ones (resamples, runs)."""
    # Examples with the same label and the same predictions are interchangeable: it is enough to draw how
    # often each such kind comes up, which is one multinomial per resample instead of one index per example.
    kinds, counts = np.unique(np.vstack([labels, predicted]), axis=1, return_counts=True)
    draws = np.random.default_rng(0).multinomial(counts.sum(), counts / counts.sum(), size=resamples)
    weights = np.vstack([counts, draws]).astype(np.float64)
    identity = np.eye(classes)
    truth = identity[kinds[0]]
    scores = []
    for choice in kinds[1:]:
        guess = identity[choice]
        tallies = Tallies(hits=weights @ (truth * guess), predicted=weights @ guess, actual=weights @ truth)
        scores.append(metric(tallies))
    table = np.stack(scores, axis=-1)
    return table[0], table[1:]
