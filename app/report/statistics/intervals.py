"""Intervals, and the distributions that they are read from."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from scipy import special

__all__ = ["LEVEL", "Interval", "prediction_interval", "student_t", "tail_probability"]

LEVEL = 0.95


@dataclass(frozen=True)
class Interval:
    """An estimate, and the bounds that it lies between with 95 % confidence."""

    estimate: float
    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        """Whether the bounds tell the estimate from 0."""
        return self.low > 0 or self.high < 0


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


def student_t(level: float, freedom: float) -> float:
    """The t that bounds the middle `level` of Student's distribution; of the normal one with infinite freedom."""
    if math.isinf(freedom):
        return float(special.ndtri((1 + level) / 2))
    return float(special.stdtrit(freedom, (1 + level) / 2))


def tail_probability(t: float, freedom: float) -> float:
    """The probability of a value at least as far from 0 as `t`, to either side."""
    below = special.ndtr(-abs(t)) if math.isinf(freedom) else special.stdtr(freedom, -abs(t))
    return float(min(1.0, 2 * below))
