"""How long a callable takes: repeated until its median is known well enough, or until its time is up."""

from __future__ import annotations

import functools
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

__all__ = ["Timing", "median_interval", "time_passes"]

SETTLED_WIDTH = 0.03  # of the median: its 95 % interval is to be narrower
AT_LEAST, WANTED = (
    6,
    100,
)  # passes: six are the fewest that give an interval, a hundred the fewest for a 99th percentile
STEADY = 3  # passes in a row that are no faster than the best before by more than STILL_FASTER: warm
STILL_FASTER = 0.05
WARM_UP_SECONDS = 0.5
LEAST_SECONDS, MOST_SECONDS = 0.2, 3.0  # the time limit of the measuring, by the length of a pass:
LIMIT_PASSES = 50  # so many passes, but within those bounds
CHECK_EVERY = 20  # passes


@dataclass(frozen=True)
class Timing:
    """Seconds of each pass, sorted."""

    seconds: tuple[float, ...]

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval of the median, in seconds."""
        return median_interval(self.seconds)

    @property
    def settled(self) -> bool:
        """Whether that interval is narrower than 3 % of the median."""
        interval = self.interval
        return interval is not None and interval[1] - interval[0] < SETTLED_WIDTH * self.percentile(50)

    @property
    def mean(self) -> float:
        return math.fsum(self.seconds) / len(self.seconds)

    def percentile(self, share: float) -> float:
        """Seconds that `share` per cent of the passes do not exceed, interpolated between passes."""
        return float(np.percentile(self.seconds, share))


def time_passes(one: Callable[[], object]) -> Timing:
    """Call `one` until it is warm, then time it, call by call.

    It ends when a hundred passes have been timed and the median has settled, or at a time limit of 50 passes, but
    0.2 s at least and 3 s at most; six passes are always timed. The first call, which may compile, is not limited.
    """
    one()
    limit = min(MOST_SECONDS, max(LEAST_SECONDS, LIMIT_PASSES * _warm_up(one)))
    seconds: list[float] = []
    began = time.perf_counter()
    while len(seconds) < AT_LEAST or time.perf_counter() - began < limit:
        seconds.append(_clock(one))
        if len(seconds) >= WANTED and len(seconds) % CHECK_EVERY == 0 and Timing(tuple(sorted(seconds))).settled:
            break
    return Timing(tuple(sorted(seconds)))


def median_interval(ordered: Sequence[float]) -> tuple[float, float] | None:
    """The 95 % interval of the median of sorted values, whatever their distribution; None with fewer than six.

    Between two order statistics, chosen by the binomial distribution of how many values lie below the median
    (Conover, Practical Nonparametric Statistics, 3rd ed. 1999, section 3.2). It takes the passes for independent,
    and does not count that they were repeated until it was narrow: it is somewhat too narrow on a busy machine.
    """
    rank = _rank(len(ordered))
    return None if rank is None else (ordered[rank], ordered[-1 - rank])


@functools.cache
def _rank(count: int) -> int | None:
    """The largest r with P(Binomial(count, 1/2) <= r) <= 2.5 %."""
    below = 0.0
    for rank in range(count + 1):
        below += math.exp(
            math.lgamma(count + 1) - math.lgamma(rank + 1) - math.lgamma(count - rank + 1) - count * math.log(2)
        )
        if below > 0.025:
            return rank - 1 if rank else None
    return None


def _warm_up(one: Callable[[], object]) -> float:
    """Seconds of the fastest pass, after passes have stopped getting faster or WARM_UP_SECONDS are over."""
    best, steady = math.inf, 0
    began = time.perf_counter()
    while steady < STEADY and time.perf_counter() - began < WARM_UP_SECONDS:
        seconds = _clock(one)
        steady = steady + 1 if seconds >= best * (1 - STILL_FASTER) else 0
        best = min(best, seconds)
    return best


def _clock(one: Callable[[], object]) -> float:
    began = time.perf_counter()
    one()
    return time.perf_counter() - began
