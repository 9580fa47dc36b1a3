"""Which differences are real: every pair of estimates, corrected for how many pairs were asked about."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from app.report.statistics.estimates import Estimate, combine, degrees_of_freedom
from app.report.statistics.intervals import Interval, student_t, tail_probability

__all__ = [
    "ALPHA",
    "POWER",
    "Difference",
    "Ranks",
    "adjust_holm",
    "compare_all",
    "differ",
    "rank_groups",
    "smallest_difference",
]

ALPHA = 0.05
POWER = 0.8


@dataclass(frozen=True)
class Difference(Interval):
    """One score minus another, with the bounds of a single comparison.

    Attributes:
        deviation: standard error of the difference, over units and seeds.
        freedom: of that, infinite where the seeds add nothing.
        p_value: two-sided, of there being no difference, by itself.
        adjusted: the same when all comparisons of the benchmark are made at once.
        is_paired: both were scored on the same units.
        seeds_known: the spread over seeds is known of both.
    """

    deviation: float = 0.0
    freedom: float = math.inf
    p_value: float = 1.0
    adjusted: float = 1.0
    is_paired: bool = True
    seeds_known: bool = True

    @property
    def is_real(self) -> bool:
        """Whether it is more than chance would bring about, with all comparisons counted."""
        return self.adjusted < ALPHA

    def reversed(self) -> Difference:
        """The second minus the first."""
        return Difference(
            **{**vars(self), "estimate": -self.estimate, "low": -self.high, "high": -self.low},
        )


@dataclass(frozen=True)
class Ranks:
    """The places that the examples and seeds leave open to one of several: 1 is the best."""

    first: int  # one more than how many are surely better: those that cannot be told apart share it
    last: int  # the number of all less how many are surely worse


def differ(first: Estimate, second: Estimate) -> Difference:
    """The first score minus the second; not adjusted.

    Units are paired where both have the same: what is hard or easy about them for both is no difference (Efron &
    Tibshirani 1993, chapter 8). Seeds are not: seed 0 of one architecture has nothing to do with seed 0 of another.
    """
    is_paired = first.key == second.key
    if is_paired:
        drawn = first.drawn - second.drawn
    else:  # resamples of one number of units are the same, and must not be paired by accident
        drawn = np.random.default_rng(1).permutation(first.drawn) - second.drawn
    seeds = [first.seeds, second.seeds]
    value = first.value - second.value
    bounds = combine(value, drawn, seeds)
    over_units = float(np.var(drawn[np.isfinite(drawn)])) if np.isfinite(drawn).any() else 0.0
    deviation = math.sqrt(over_units + sum(spread.variance for spread in seeds))
    freedom = degrees_of_freedom(over_units, seeds)
    certain = 1.0 if value == 0 else 0.0  # where no resample and no seed ever differed
    p_value = tail_probability(value / deviation, freedom) if deviation > 0 else certain
    return Difference(
        value,
        bounds.low,
        bounds.high,
        deviation,
        freedom,
        p_value,
        p_value,
        is_paired,
        first.seeds.is_known and second.seeds.is_known,
    )


def compare_all(estimates: Mapping[str, Estimate]) -> dict[tuple[str, str], Difference]:
    """Every ordered pair of names -> the first score minus the second, adjusted for all pairs by Holm."""
    pairs = list(itertools.combinations(estimates, 2))
    single = [differ(estimates[one], estimates[other]) for one, other in pairs]
    adjusted = adjust_holm([difference.p_value for difference in single])
    found: dict[tuple[str, str], Difference] = {}
    for (one, other), difference, value in zip(pairs, single, adjusted, strict=True):
        settled = Difference(**{**vars(difference), "adjusted": value})
        found[one, other] = settled
        found[other, one] = settled.reversed()
    return found


def adjust_holm(p_values: Sequence[float]) -> list[float]:
    """The p-values such that to reject all below a level is wrong once at most, but for that level (Holm 1979)."""
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    adjusted, largest = [0.0] * len(p_values), 0.0
    for step, place in enumerate(order):
        largest = max(largest, min(1.0, (len(p_values) - step) * p_values[place]))
        adjusted[place] = largest
    return adjusted


def rank_groups(
    names: Sequence[str], differences: Mapping[tuple[str, str], Difference], sign: float
) -> dict[str, Ranks]:
    """For each name the places that the real differences leave it.

    Args:
        names: of all that were compared.
        differences: of every ordered pair of them.
        sign: 1 where a higher score is better, -1 where a lower one is.
    """
    found = {}
    for name in names:
        others = [differences[name, other] for other in names if other != name]
        ahead = [sign * difference.estimate > 0 for difference in others if difference.is_real]
        found[name] = Ranks(1 + ahead.count(False), len(names) - ahead.count(True))
    return found


def smallest_difference(differences: Sequence[Difference], *, comparisons: int) -> float | None:
    """The difference that would be found in four of five such benchmarks, with so many comparisons at once.

    (t + t') standard errors, t being the quantile that the first step of Holm's procedure asks for and t' that of the
    power (Cohen, Statistical Power Analysis for the Behavioral Sciences, 1988, chapter 2); of the median standard error
    of the differences given. None without any.
    """
    usable = [difference for difference in differences if difference.deviation > 0]
    if not usable:
        return None
    typical = sorted(usable, key=lambda difference: difference.deviation)[len(usable) // 2]
    alpha = ALPHA / max(1, comparisons)
    return typical.deviation * (student_t(1 - alpha, typical.freedom) + student_t(2 * POWER - 1, typical.freedom))
