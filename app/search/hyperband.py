"""Which trials are stopped early: W&B's rule for hyperband.

Bands are numbers of iterations; here an iteration is an epoch, or whatever else the metric is logged at. A trial that
has come past a band is stopped where it is not among the best 1/eta of all trials at that band, those that have ended
or been stopped among them. The rule is that of W&B's public code (github.com/wandb/sweeps, `hyperband_stopping.py`),
after Li et al. 2016, arXiv 1603.06560; without `strict`, the trial's best value so far is held against the band.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

__all__ = ["find_bands", "should_stop"]

LAST = 1_000_000  # no benchmark has so many epochs


def find_bands(*, min_iter: int | None, max_iter: int | None, s: int | None, eta: float) -> tuple[int, ...]:
    """The iterations at which trials are compared, rising: from `min_iter` on, or `s` of them before `max_iter`."""
    if max_iter is not None and s is not None:
        bands = (max_iter / eta**step for step in range(1, s + 1))
        return tuple(sorted({int(band) for band in bands if band >= 1}))
    if min_iter is None:
        return ()
    rising = itertools.takewhile(lambda band: band <= LAST, (min_iter * eta**step for step in range(100)))
    return tuple(dict.fromkeys(int(band) for band in rising))


def should_stop(
    values: Sequence[float], others: Iterable[Sequence[float]], *, bands: Sequence[int], eta: float, strict: bool
) -> bool:
    """Whether a trial that has reached these values is to be stopped.

    Args:
        values: its own, iteration by iteration; smaller is better.
        others: those of all other trials.
        bands: of `find_bands`.
        eta: one in so many goes on.
        strict: judge the trial by its value at the band, not by its best so far.
    """
    passed = [band for band in bands if band <= len(values)]
    if not passed:
        return False
    band = passed[-1]
    at_band = sorted(history[band - 1] for history in (values, *others) if len(history) >= band)
    return (values[band - 1] if strict else min(values)) > at_band[int(len(at_band) / eta)]
