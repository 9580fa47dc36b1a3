"""Names beside points: where they hide neither a point nor each other."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from app.drawing import INK

__all__ = ["Named", "name_points"]

Box = tuple[float, float, float, float]  # left, bottom, right, top as shares of a panel
LETTER, MARK, GAP = 0.023, 0.018, 0.028  # shares of a panel: the width of a letter, half a point, half a line
LINE = 0.008  # half of a line that no name should cross
QUIET = 0.65  # opacity of a name that matters less


@dataclass(frozen=True)
class Named:
    """A point in the units of its axes. What matters is named in any case, and boldly; the rest where there is room."""

    x: float
    y: float
    name: str
    matters: bool = True


def name_points(axes: Axes, points: Sequence[Named], *, line: Sequence[tuple[float, float]] = ()) -> int:
    """Write each name beside, above or below its point; what matters comes first. Returns how many have no name.

    Args:
        axes: with a logarithmic x axis, and its limits set.
        points: all that are drawn, also where their name is empty.
        line: the corners of a drawn line of horizontal and vertical parts, which names keep off.
    """
    bottom, top = axes.get_ylim()
    left, right = (math.log(bound) for bound in axes.get_xlim())

    def place(x: float, y: float) -> tuple[float, float]:
        return (math.log(x) - left) / (right - left), (y - bottom) / (top - bottom)

    taken = [_around(*place(point.x, point.y)) for point in points]
    corners = [place(*corner) for corner in line]
    taken += [_along(*start, *end) for start, end in itertools.pairwise(corners)]
    nameless = 0
    for point in sorted((point for point in points if point.name), key=lambda point: not point.matters):
        boxes = _options(*place(point.x, point.y), LETTER * len(point.name) * (1.08 if point.matters else 1.0))
        inside = [box for box in boxes if box[0] >= 0 and box[2] <= 1 and box[1] >= 0 and box[3] <= 1]
        free = [box for box in inside if not any(_overlap(box, other) for other in taken)]
        if not free and not point.matters:
            nameless += 1
            continue
        box = free[0] if free else min(inside or boxes, key=lambda box: sum(_overlap(box, other) for other in taken))
        taken.append(box)
        axes.text(
            *((box[0] + box[2]) / 2, (box[1] + box[3]) / 2, point.name),
            transform=axes.transAxes,
            ha="center",
            va="center",
            fontsize=11,
            fontweight="bold" if point.matters else "normal",
            color=INK,
            alpha=1.0 if point.matters else QUIET,
        )
    return nameless


def _options(x: float, y: float, width: float) -> list[Box]:
    """Where a name of this width may stand, the best place first."""
    spans = [(x + GAP, y, x + GAP + width), (x - GAP - width, y, x - GAP)]
    for up in (2 * GAP, -2 * GAP, 4 * GAP, -4 * GAP):
        spans += [(x - width / 2, y + up, x + width / 2), (x + GAP / 2, y + up, x + GAP / 2 + width)]
        spans += [(x - GAP / 2 - width, y + up, x - GAP / 2)]
    return [(start, middle - GAP, end, middle + GAP) for start, middle, end in spans]


def _around(x: float, y: float) -> Box:
    return x - MARK, y - MARK, x + MARK, y + MARK


def _along(x1: float, y1: float, x2: float, y2: float) -> Box:
    return min(x1, x2) - LINE, min(y1, y2) - LINE, max(x1, x2) + LINE, max(y1, y2) + LINE


def _overlap(first: Box, second: Box) -> bool:
    return first[0] < second[2] and second[0] < first[2] and first[1] < second[3] and second[1] < first[3]
