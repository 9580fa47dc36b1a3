"""How sure a score is, given that its examples are one sample, and its seeds another."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from scipy import special

from app.report.statistics.bootstrap import RESAMPLES, draw_scores
from app.report.statistics.intervals import LEVEL, Interval, student_t
from app.report.statistics.samples import Floats, Sample

__all__ = ["Estimate", "Spread", "combine", "degrees_of_freedom", "estimate_score", "moderate_spreads"]

Name = TypeVar("Name", bound=Hashable)


@dataclass(frozen=True)
class Spread:
    """What the seeds add to the variance of a mean over runs.

    Attributes:
        variance: of the mean, 0 where nothing is left to chance.
        error: the mean of squares it was estimated from, over the number of runs; its share of the uncertainty.
        freedom: degrees of freedom of that: the number of runs less one, and what other architectures add.
        is_known: whether there were two runs to see it from, or a single one of a method without chance.
    """

    variance: float = 0.0
    error: float = 0.0
    freedom: float = 0.0
    is_known: bool = True


@dataclass(frozen=True, eq=False)
class Estimate:
    """The mean score of the runs of one setting, with what is needed to say how sure it is."""

    value: float
    drawn: Floats  # (resamples,) of the mean over runs, each on resampled units
    seeds: Spread
    runs: int
    chance: float  # how much of the variance between runs is the examples' doing alone
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
    is_spread = runs > 1 and is_random
    deviation = float(np.std(scores.measured, ddof=1)) if runs > 1 else None
    chance = 0.0
    if is_spread and resamples:
        chance = float(np.nanvar(scores.resampled - scores.means, axis=1).sum() / (runs - 1))
    seeds = Spread(is_known=not is_random)
    if is_spread and deviation is not None:
        seeds = _spread(deviation**2, runs - 1.0, runs, chance)
    return Estimate(
        value=float(scores.measured.mean()),
        drawn=scores.means,
        seeds=seeds,
        runs=runs,
        chance=chance,
        deviation=deviation,
        key=sample.key,
        units=sample.units,
        bounds=bounds,
    )


def moderate_spreads(estimates: Mapping[Name, Estimate]) -> dict[Name, Estimate]:
    """The same estimates, each spread of seeds drawn towards those of the others.

    Two or three seeds say little of their variance. Those of all architectures together say more: how alike they are
    decides how far each is drawn to their common value, and how many degrees of freedom it gains. Moderated variances
    by Smyth (Statistical Applications in Genetics and Molecular Biology 3, 2004, article 3, sections 3 and 6.2).

    In simulations of six equal models alarms stay at 5 % where the spreads are alike. Where half of the models spread
    six times as far as the others, they rise to 9 % with three seeds and 15 % with two (without moderation to 20 %).
    """
    spread = {name: found for name, found in estimates.items() if found.seeds.freedom and found.deviation is not None}
    if len(spread) < 2:
        return dict(estimates)
    freedoms = np.array([found.runs - 1.0 for found in spread.values()])
    variances = np.array([(found.deviation or 0.0) ** 2 for found in spread.values()])
    prior, prior_freedom = _fit_prior(variances, freedoms)
    moderated = dict(estimates)
    for (name, found), variance, freedom in zip(spread.items(), variances, freedoms, strict=True):
        if math.isinf(prior_freedom):
            value, known = prior, float(freedoms.sum())
        else:
            value = (prior_freedom * prior + freedom * variance) / (prior_freedom + freedom)
            known = min(prior_freedom + float(freedom), float(freedoms.sum()))
        moderated[name] = replace(found, seeds=_spread(value, known, found.runs, found.chance))
    return moderated


def _spread(variance: float, freedom: float, runs: int, chance: float) -> Spread:
    return Spread(max(0.0, variance - chance) / runs, variance / runs, freedom)


def _fit_prior(variances: Floats, freedoms: Floats) -> tuple[float, float]:
    """The common variance and its degrees of freedom, infinite where the variances are as alike as chance allows."""
    if not variances.any():
        return 0.0, math.inf
    floor = 1e-5 * float(np.median(variances[variances > 0]))
    halves = freedoms / 2
    logs = np.log(np.maximum(variances, floor)) - special.digamma(halves) + np.log(halves)
    excess = float(np.var(logs, ddof=1) - special.polygamma(1, halves).mean())
    if excess <= 0:
        return float((variances * freedoms).sum() / freedoms.sum()), math.inf
    half = _invert_trigamma(excess)
    return math.exp(float(logs.mean()) + float(special.digamma(half)) - math.log(half)), 2 * half


def _invert_trigamma(value: float) -> float:
    """The number whose trigamma function is `value`, by Newton's method as in the appendix of Smyth 2004."""
    found = 0.5 + 1 / value
    for _ in range(50):
        trigamma = float(special.polygamma(1, found))
        step = trigamma * (1 - trigamma / value) / float(special.polygamma(2, found))
        found += step
        if -step / found < 1e-8:
            break
    return found


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

    The units are so many that their part counts as known; infinite where the seeds add nothing. Spreads of one
    benchmark are estimated from the same runs: they count as going together, which is the careful way.
    """
    total = over_units + sum(spread.variance for spread in seeds)
    unsure = sum(spread.error / math.sqrt(spread.freedom) for spread in seeds if spread.freedom and spread.variance)
    return (total / unsure) ** 2 if unsure > 0 else math.inf
