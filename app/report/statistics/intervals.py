"""How sure a score is, and a difference of two, given that examples are a sample, and seeds another."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.report.statistics.classes import Predictions
from app.report.statistics.entities import EntityCounts
from app.report.statistics.scores import Metric

__all__ = ["Interval", "paired_difference", "prediction_interval", "score_interval", "student_t"]

Sample = Predictions | EntityCounts

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


def score_interval(predictions: Sample, metric: Metric, *, resamples: int = RESAMPLES) -> Interval:
    """The mean score of the runs in `predictions`, with its bootstrap interval over examples.

    Examples are resampled with replacement, the same ones for every run: the spread over seeds is no part
    of it. Percentile interval: Efron & Tibshirani, An Introduction to the Bootstrap (1993), section 13.3.
    """
    point, drawn = _bootstrap(predictions, metric, resamples)
    return _interval(point.mean(), drawn.mean(-1))


def paired_difference(first: Sample, second: Sample, metric: Metric, *, resamples: int = RESAMPLES) -> Interval | None:
    """Mean score of `first` minus that of `second` over the same resampled examples; None where these differ.

    Pairing removes what is hard or easy about the examples for both: Efron & Tibshirani (1993), chapter 8.
    """
    both = first.join(second)
    if both is None:
        return None
    point, drawn = _bootstrap(both, metric, resamples)
    runs = len(first.predicted)
    return _interval(point[:runs].mean() - point[runs:].mean(), drawn[:, :runs].mean(-1) - drawn[:, runs:].mean(-1))


def prediction_interval(scores: Sequence[float]) -> Interval | None:
    """Where the score of one more run would lie, with 95 % confidence; None with fewer than two runs.

    The mean, plus and minus t * s * sqrt(1 + 1 / n), t being Student's with n - 1 degrees of freedom: Hahn & Meeker,
    Statistical Intervals (1991), chapter 4. It takes the scores of seeds to be normally distributed; where now and then
    one diverges they are not, and the interval then is wide.
    """
    if len(scores) < 2:
        return None
    mean = statistics.mean(scores)  # exact: equal scores have a mean that is equal to them
    reach = student_t(LEVEL, len(scores) - 1) * statistics.stdev(scores) * math.sqrt(1 + 1 / len(scores))
    return Interval(mean, mean - reach, mean + reach)


def student_t(level: float, freedom: int) -> float:
    """The t that bounds the middle `level` of Student's distribution, to six digits.

    The probability is the finite series for whole degrees of freedom, Abramowitz & Stegun, Handbook of Mathematical
    Functions (1964), 26.7.3 and 26.7.4; t is found by halving.
    """
    low, high = 0.0, 1.0
    while _middle(high, freedom) < level:
        high *= 2
    while high - low > 1e-7 * high:
        centre = (low + high) / 2
        low, high = (centre, high) if _middle(centre, freedom) < level else (low, centre)
    return (low + high) / 2


def _middle(t: float, freedom: int) -> float:
    """The probability between -t and t."""
    angle = math.atan(t / math.sqrt(freedom))
    term, total = (1.0, 0.0) if freedom % 2 == 0 else (math.cos(angle), 0.0)
    for step in range(freedom % 2, freedom - 1, 2):
        total += term
        term *= (step + 1) / (step + 2) * math.cos(angle) ** 2
    if freedom % 2 == 0:
        return math.sin(angle) * total
    return 2 / math.pi * (angle + math.sin(angle) * total)


def _interval(point: np.floating, drawn: NDArray[np.float64]) -> Interval:
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(float(point), float(low), float(high))


def _bootstrap(sample: Sample, metric: Metric, resamples: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Scores of each run on the examples as they are (runs,), and on resampled ones (resamples, runs)."""
    # Examples with the same label and the same predictions are interchangeable: it is enough to draw how
    # often each such kind comes up, which is one multinomial per resample instead of one index per example.
    kinds, counts = np.unique(sample.kinds, axis=1, return_counts=True)
    draws = np.random.default_rng(0).multinomial(counts.sum(), counts / counts.sum(), size=resamples)
    weights = np.vstack([counts, draws]).astype(np.float64)
    table = np.stack([metric(tallies) for tallies in sample.tally(kinds, weights)], axis=-1)
    return table[0], table[1:]
