"""How sure a score is, given that its examples are one sample, and its seeds another."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from app.report.statistics.bootstrap import RESAMPLES, draw_scores
from app.report.statistics.intervals import LEVEL, Interval, student_t
from app.report.statistics.samples import Floats, Sample

__all__ = ["Estimate", "Spread", "combine", "degrees_of_freedom", "estimate_score"]


@dataclass(frozen=True)
class Spread:
    """What the seeds add to the variance of a mean over runs.

    Attributes:
        variance: of the mean, 0 where nothing is left to chance.
        error: the mean of squares it was estimated from, over the number of runs; its share of the uncertainty.
        freedom: degrees of freedom of that, the number of runs less one.
        is_known: whether there were two runs to see it from, or a single one of a method without chance.
    """

    variance: float = 0.0
    error: float = 0.0
    freedom: int = 0
    is_known: bool = True


@dataclass(frozen=True, eq=False)
class Estimate:
    """The mean score of the runs of one setting, with what is needed to say how sure it is."""

    value: float
    drawn: Floats  # (resamples,) of the mean over runs, each on resampled units
    seeds: Spread
    deviation: float | None  # of the scores of single runs, standard; None of one run
    key: str  # of the units; estimates with equal keys are compared unit by unit
    units: int
    bounds: tuple[float, float]  # of the metric

    @property
    def over_examples(self) -> Interval:
        """Where the mean of these very runs would lie on other units: the bootstrap's percentile interval."""
        return self._interval(Spread())

    @property
    def interval(self) -> Interval:
        """Where the mean would lie with other units and other seeds."""
        return self._interval(self.seeds)

    def _interval(self, seeds: Spread) -> Interval:
        found = combine(self.value, self.drawn, [seeds])
        least, most = self.bounds
        return Interval(self.value, max(least, found.low), min(most, found.high))


def estimate_score(
    sample: Sample, *, bounds: tuple[float, float], is_random: bool = True, resamples: int = RESAMPLES
) -> Estimate:
    """The mean score of the runs in `sample`.

    The scores of the seeds differ for two reasons: seeds differ, and two trained alike still err on other examples. The
    second is part of what resampling the examples shows already; its share of the variance between seeds is estimated
    from the resamples, and taken off (a random-effects model of crossed factors: Searle, Casella & McCulloch, Variance
    Components, 1992, chapter 4).

    Args:
        sample: the runs of one setting, one a seed.
        bounds: between what the metric lies.
        is_random: whether another seed would give another score; one run alone then leaves its spread unknown.
        resamples: how many to draw.
    """
    scores = draw_scores(sample, resamples=resamples)
    runs = sample.runs
    deviation = float(np.std(scores.measured, ddof=1)) if runs > 1 else None
    if deviation is None or not is_random:
        seeds = Spread(is_known=not is_random)
    else:
        by_chance = float(np.var(scores.resampled - scores.means, axis=1).sum() / (runs - 1)) if resamples else 0.0
        error = deviation**2 / runs
        seeds = Spread(max(0.0, error - by_chance / runs), error, runs - 1)
    return Estimate(
        value=float(scores.measured.mean()),
        drawn=scores.means,
        seeds=seeds,
        deviation=deviation,
        key=sample.key,
        units=sample.units,
        bounds=bounds,
    )


def combine(value: float, drawn: Floats, seeds: list[Spread]) -> Interval:
    """The interval of a value whose units were resampled, and whose seeds have a spread of their own.

    To either side it reaches as far as the percentiles of `drawn` and Student's t times the seeds' standard error
    together, as the root of the sum of their squares; without a spread of seeds it is the percentile interval. Where a
    resample has no score, since a class does not come up in it, it is left out.
    """
    finite = drawn[np.isfinite(drawn)]
    if not len(finite):
        return Interval(value, value, value)
    low, high = np.quantile(finite, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    freedom = degrees_of_freedom(float(np.var(finite)), seeds)
    t = student_t(LEVEL, freedom)
    wider = t / student_t(LEVEL, math.inf)
    beyond = t * math.sqrt(sum(spread.variance for spread in seeds))
    below, above = max(0.0, value - float(low)), max(0.0, float(high) - value)
    return Interval(value, value - math.hypot(wider * below, beyond), value + math.hypot(wider * above, beyond))


def degrees_of_freedom(over_units: float, seeds: list[Spread]) -> float:
    """Of the variance over units with that over seeds, by Satterthwaite (Biometrics Bulletin 2, 1946, 110-114).

    The units are so many that their part counts as known; infinite where the seeds add nothing.
    """
    total = over_units + sum(spread.variance for spread in seeds)
    unsure = sum(spread.error**2 / spread.freedom for spread in seeds if spread.freedom and spread.variance)
    return total**2 / unsure if unsure > 0 else math.inf
