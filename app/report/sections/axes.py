"""Axes that a reader can read: logarithmic, with a few round values in words."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import FixedLocator

__all__ = ["around", "log_ticks", "set_log_axis"]

TICKS = 5  # on an axis at most


def around(values: Sequence[float]) -> tuple[float, float]:
    """Limits on a logarithmic scale, with room for names on either side."""
    ratio = max(2.0, (max(values) / min(values)) ** 0.25)
    return min(values) / ratio, max(values) * ratio


def log_ticks(low: float, high: float, most: int = TICKS) -> list[float]:
    """One to `most` round values between two limits above 0."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for steps in ((1, 2, 5), (1, 3), (1,)):
        ticks = [step * 10.0**decade for decade in decades for step in steps if low <= step * 10.0**decade <= high]
        if len(ticks) <= most:
            return ticks
    return ticks[:: math.ceil(len(ticks) / most)]


def set_log_axis(
    axes: Axes, low: float, high: float, wording: Callable[[float], str], *, least: float = 0.0, most: int = TICKS
) -> None:
    """Make the x axis logarithmic from `low` to `high`, with ticks told by `wording`, none of them below `least`."""
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    _set_ticks(axes.xaxis, log_ticks(max(low, least), high, most), wording)


def _set_ticks(axis: Axis, ticks: Sequence[float], wording: Callable[[float], str]) -> None:
    def label(value: float, _: float) -> str:
        number, *unit = wording(value).split(" ")
        return " ".join([f"{float(number):g}", *unit])

    axis.set_major_locator(FixedLocator(ticks))
    axis.set_major_formatter(label)
    axis.set_minor_locator(FixedLocator([]))
