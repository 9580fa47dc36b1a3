"""Which competitors no other beats in everything that counts: the Pareto front, and who beats the rest."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

__all__ = ["beaten_by", "dominates", "find_front"]

Point = Sequence[float]


def dominates(first: Point, second: Point) -> bool:
    """Whether `first` is nowhere worse than `second` and somewhere better; the less the better, in every place.

    Equal points do not dominate each other, and where a value of either is nan nothing does: it is not known.
    """
    if any(map(math.isnan, (*first, *second))):
        return False
    pairs = list(zip(first, second, strict=True))
    return all(a <= b for a, b in pairs) and any(a < b for a, b in pairs)


def find_front(points: Mapping[str, Point]) -> tuple[str, ...]:
    """The names of the points that none dominates, in the order given; a point with a nan is not among them.

    The less the better: a score of which more is better comes with its sign turned. Points that are equal are on the
    front together, or not at all.
    """
    known = {name: point for name, point in points.items() if not any(map(math.isnan, point))}
    return tuple(name for name, point in known.items() if not any(dominates(other, point) for other in known.values()))


def beaten_by(points: Mapping[str, Point]) -> dict[str, str]:
    """Each dominated name, with the one on the front that dominates it and is best in the first place.

    There always is one: whoever dominates a dominator dominates all that it does.
    """
    front = find_front(points)
    beaten = {}
    for name, point in points.items():
        better = [rival for rival in front if dominates(points[rival], point)]
        if better:
            beaten[name] = min(better, key=lambda rival: tuple(points[rival]))
    return beaten
