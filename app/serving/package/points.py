"""How much worse one score is than another, in points that mean the same for every metric."""

from __future__ import annotations

import math

from app.report.statistics.scores import BOUNDS
from app.tasks import direction

__all__ = ["MAX_LOSS", "gain_in_points", "points_of"]

MAX_LOSS = 0.5  # points that a smaller or faster model may cost


def points_of(metric: str, difference: float, *, of: float) -> float:
    """A difference of two scores: hundredths where the metric has bounds, else per cent of the score it is from.

    A perplexity of 5.05 is one point from one of 5.00, an accuracy of 0.91 one point from 0.90.
    """
    _, most = BOUNDS.get(metric, (0.0, 1.0))
    scale = 1.0 if math.isfinite(most) else abs(of)
    return 100 * difference / scale if scale else math.copysign(math.inf, difference) if difference else 0.0


def gain_in_points(metric: str, before: float, after: float) -> float:
    """How much better `after` is, whatever the metric's direction; negative where it is worse."""
    gain = before - after if direction(metric) == "min" else after - before
    return points_of(metric, gain, of=before)
