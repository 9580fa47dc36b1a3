"""How far confidence can be believed: accuracy in bins of confidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["BINS", "Reliability", "measure_reliability"]

BINS = 10  # of equal width
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Reliability:
    """The answers by their confidence; nan where a bin has none."""

    confidence: Floats  # (bins,), mean
    accuracy: Floats  # (bins,)
    counts: NDArray[np.int64]  # (bins,)

    @property
    def error(self) -> float:
        """The expected calibration error: |accuracy - confidence| of a bin, weighted by its share of the answers.

        Guo et al. 2017 (arXiv 1706.04599), equation 3.
        """
        return float(np.nansum(self.counts * np.abs(self.accuracy - self.confidence)) / self.counts.sum())

    @property
    def surplus(self) -> float:
        """Mean confidence minus accuracy: above 0 the model is surer than it is right."""
        return float(np.nansum(self.counts * (self.confidence - self.accuracy)) / self.counts.sum())


def measure_reliability(confidence: NDArray[Any], right: NDArray[np.bool_]) -> Reliability | None:
    """Bins that hold the answers above their lower edge, up to and with the upper one; None where none is finite.

    Args:
        confidence: the probability of each answer, any shape.
        right: whether it is right, of the same shape.
    """
    known = np.isfinite(confidence)
    sure, hits = confidence[known].astype(np.float64), right[known].astype(np.float64)
    if not len(sure):
        return None
    places = np.searchsorted(np.linspace(0, 1, BINS + 1)[1:-1], sure)
    counts = np.bincount(places, minlength=BINS)
    with np.errstate(invalid="ignore"):
        means = [np.bincount(places, weights=values, minlength=BINS) / counts for values in (sure, hits)]
    return Reliability(means[0], means[1], counts)
