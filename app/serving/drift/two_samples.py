"""Tests of whether two samples come from one distribution, each with the size of what it has found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from app.serving.drift.rows import Floats

__all__ = ["Measured", "compare_accuracy", "compare_labels", "compare_numbers", "compare_shares", "wilson_interval"]

PERMUTATIONS = 9_999


@dataclass(frozen=True)
class Measured:
    """What a test has found.

    Attributes:
        effect: how far the samples lie apart; what it is in is the test's to say.
        p_value: of a distance as large, or larger, where there is none.
    """

    effect: float
    p_value: float


def compare_numbers(reference: Floats, served: Floats) -> Measured:
    """The test of Kolmogorov and Smirnov; it sees a shift as well as a change of shape.

    The effect is its D, from 0 to 1: the most by which the share of rows up to some value differs. The p-value is that
    of Hodges (Arkiv för Matematik 3, 1958), for numbers without ties; with ties it errs on the side of no drift.
    """
    found = stats.ks_2samp(reference, served, method="asymp")
    return Measured(float(found.statistic), float(found.pvalue))


def compare_shares(reference: npt.NDArray[np.bool_], served: npt.NDArray[np.bool_]) -> Measured:
    """Fisher's exact test. The effect is the difference of the shares, from 0 to 1."""
    p_value = _fisher(reference, served, "two-sided")
    return Measured(abs(float(served.mean() - reference.mean())), p_value)


def compare_labels(reference: Sequence[str], served: Sequence[str], *, seed: int = 0) -> Measured:
    """A permutation test of how the labels are spread.

    The distance is that of total variation: the share of rows that would have to get another label for both to be
    spread alike. Of many labels and few rows it is above 0 by chance alone; the effect is what it is above its mean
    over permutations, or 0. Which rows are whose is drawn anew 9,999 times: of all counts of labels that is one
    multivariate hypergeometric draw. p = (1 + permutations as far apart) / (1 + permutations): Phipson & Smyth,
    Statistical Applications in Genetics and Molecular Biology 9 (2010).
    """
    names = sorted({*reference, *served})
    before, now = Counter(reference), Counter(served)
    counts = np.asarray([before[name] + now[name] for name in names])
    observed = np.asarray([now[name] for name in names])
    drawn = np.random.default_rng(seed).multivariate_hypergeometric(counts, len(served), size=PERMUTATIONS)

    def distance(of_served: npt.NDArray[np.int64]) -> Floats:
        apart = np.abs(of_served / len(served) - (counts - of_served) / len(reference))
        found: Floats = apart.sum(axis=-1) / 2
        return found

    found, by_chance = float(distance(observed)), distance(drawn)
    p_value = (1 + int((by_chance >= found - 1e-12).sum())) / (1 + PERMUTATIONS)
    return Measured(max(0.0, found - float(by_chance.mean())), p_value)


def compare_accuracy(reference: npt.NDArray[np.bool_], served: npt.NDArray[np.bool_]) -> Measured:
    """Fisher's exact test of whether fewer answers are right than before; the effect is by how much, as a share."""
    return Measured(float(reference.mean() - served.mean()), _fisher(reference, served, "less"))


def wilson_interval(right: int, of: int) -> tuple[float, float]:
    """The bounds, with 95 % confidence, of a share of which `right` of `of` were seen.

    Wilson, Journal of the American Statistical Association 22 (1927), p. 209.
    """
    z = float(stats.norm.ppf(0.975))
    share = right / of
    centre = (share + z**2 / (2 * of)) / (1 + z**2 / of)
    reach = z / (1 + z**2 / of) * float(np.sqrt(share * (1 - share) / of + z**2 / (4 * of**2)))
    return max(0.0, centre - reach), min(1.0, centre + reach)


def _fisher(reference: npt.NDArray[np.bool_], served: npt.NDArray[np.bool_], alternative: str) -> float:
    table = [[int(served.sum()), int((~served).sum())], [int(reference.sum()), int((~reference).sum())]]
    return float(stats.fisher_exact(table, alternative=alternative).pvalue)
