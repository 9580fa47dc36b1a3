"""The score of some runs, had the rows of the split been drawn anew."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.report.statistics.samples import Floats, Sample

__all__ = ["RESAMPLES", "Drawn", "draw_scores"]

RESAMPLES = 2000
_CELLS = 2_000_000  # weights held at a time, 16 MB of them
_DRAWN = 250_000  # units drawn at a time: their counts stay in the processor's cache


@dataclass(frozen=True, eq=False)
class Drawn:
    """The scores of some runs on the units as they are, and on resampled ones."""

    measured: Floats  # (runs,)
    resampled: Floats  # (runs, resamples)

    @property
    def means(self) -> Floats:
        """The mean over runs of each resample, (resamples,)."""
        means: Floats = self.resampled.mean(0)
        return means


def draw_scores(sample: Sample, *, resamples: int = RESAMPLES) -> Drawn:
    """Score the runs of a sample on as many resamples of its units, drawn with replacement.

    The resamples depend on the number of units alone: all samples of as many units get the same ones, so that those
    with equal keys can be compared unit by unit. The bootstrap of Efron & Tibshirani, An Introduction to the Bootstrap
    (1993), chapters 6 and 13.
    """
    measured = sample.score(np.ones((sample.units, 1)))[:, 0]
    resampled = [sample.score(weights) for weights in _draw_weights(sample.units, resamples)]
    return Drawn(measured, np.concatenate(resampled, axis=1) if resampled else np.empty((sample.runs, 0)))


def _draw_weights(units: int, resamples: int) -> Iterator[Floats]:
    """How often each unit comes up, (units, some of the resamples), a part at a time."""
    step = max(1, _CELLS // units)
    counts = _draw_counts(units, resamples)
    for start in range(0, resamples, step):
        yield counts[:, start : start + step].astype(np.float64)


@functools.lru_cache(maxsize=2)
def _draw_counts(units: int, resamples: int) -> NDArray[np.uint8]:
    """The same for all resamples, (units, resamples): drawn once for all architectures, a byte each."""
    random = np.random.default_rng(0)
    counts = np.empty((units, resamples), dtype=np.uint8)  # no unit comes up 256 times
    step = max(1, _DRAWN // units)
    for start in range(0, resamples, step):
        some = min(step, resamples - start)
        places: NDArray[np.int64] = random.integers(0, units, size=(some, units), dtype=np.int64)
        places += units * np.arange(some)[:, None]
        counts[:, start : start + some] = np.bincount(places.ravel(), minlength=units * some).reshape(some, units).T
    return counts
