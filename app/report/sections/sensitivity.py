"""The score against each hyperparameter that was varied."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, MaxNLocator, NullLocator
from matplotlib.transforms import ScaledTranslation, Transform

from app.drawing import INK, MARKERS, PALETTE, POINTS_PER_INCH, Picture, draw, fit_name, new_figure, tidy
from app.report.gather import Record
from app.report.page.wording import listing, metric_name, plain, plain_name, score
from app.report.statistics.effects import Point, measure_sensitivity
from app.report.statistics.standings import Standing

__all__ = ["sensitivity_figure"]

WIDTH, HEIGHT = 680, 215  # points; of a row of panels
PANELS = 6  # hyperparameters drawn, those that explain most
LINES = len(PALETTE)  # architectures drawn, the best
DOTS = 1500  # single runs drawn in a figure
CROSSES = 50  # divergent runs of an architecture drawn in a panel
POINTS_APART = 3.5  # from one architecture to the next
VALUES = 8  # of a category; ticks of a number
LOGARITHMIC = 4.0  # numbers that span such a ratio are drawn on a logarithmic axis


def sensitivity_figure(record: Record, standings: Sequence[Standing]) -> Picture | None:
    """The score on validation against each varied hyperparameter, a panel each, those that explain most first.

    A line for each of the best architectures: the mean over all other hyperparameters and seeds. A dot is one run, a
    cross one that diverged.
    """
    measured = measure_sensitivity(record)
    points, names = measured.points, measured.varied
    chosen = [standing.row.architecture for standing in standings if standing.row.architecture in points]
    if not names or record.primary is None:
        return None
    shown, drawn = names[:PANELS], chosen[:LINES]
    lines = math.ceil(len(shown) / 2)
    figure, axes = new_figure(WIDTH, 60 + HEIGHT * lines, rows=lines, columns=min(2, len(shown)), sharey=True)
    every = max(1, math.ceil(sum(len(points[name]) for name in drawn) * len(shown) / DOTS))
    for panel, name in zip(axes, shown, strict=False):
        _draw_panel(panel, name, {architecture: points[architecture] for architecture in drawn}, every)
    for panel in axes[len(shown) :]:
        panel.set_visible(False)
    metric = metric_name(record.primary.name, record.dataset.kind)
    _set_scale(axes[0], [point.score for name in drawn for point in points[name]], record.primary.direction)
    figure.supylabel(f"{metric}, validation", fontsize=12, color=INK)
    handles = [
        Line2D([], [], color=colour, marker=mark, markersize=5, linewidth=1.5, label=fit_name(name))
        for name, colour, mark in zip(drawn, PALETTE, MARKERS, strict=False)
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=min(4, len(drawn)), frameon=False, fontsize=11)
    remarks = [
        f"the best {LINES} architectures; {len(chosen) - LINES} more left out" if len(chosen) > LINES else "",
        f"{len(names) - PANELS} more hyperparameters left out" if len(names) > PANELS else "",
        f"a dot for one run in {every}" if every > 1 else "",
    ]
    if any(remarks):
        figure.supxlabel("; ".join(filter(None, remarks)), fontsize=11, color=INK)
    ends = "; ".join(_describe(name, points, drawn) for name in shown)
    return draw(figure, f"{metric} on validation against {listing([plain_name(name) for name in shown])}. {ends}.")


def _draw_panel(panel: Axes, name: str, points: Mapping[str, Sequence[Point]], every: int) -> None:
    tidy(panel, grid="both")
    scale = _scale(name, [point for own in points.values() for point in own])
    if scale.is_log:
        panel.set_xscale("log")
    for number, (own, colour, mark) in enumerate(zip(points.values(), PALETTE, MARKERS, strict=False)):
        places: dict[float, list[Point]] = {}
        for point in own:
            place = scale.places.get(_key(point.value(name)))
            if place is not None:
                places.setdefault(place, []).append(point)
        dots = [(place, point.score) for place, at in sorted(places.items()) for point in at if not point.run.divergent]
        crosses = [(place, point.score) for place, at in sorted(places.items()) for point in at if point.run.divergent]
        beside = _moved(panel, POINTS_APART * (number - (len(points) - 1) / 2))
        _draw_dots(panel, dots[number % every :: every], colour, beside)
        if crosses:
            some = crosses[:: max(1, len(crosses) // CROSSES)]
            panel.plot(*zip(*some, strict=True), "x", color=colour, markersize=5, transform=beside)
        means = [(place, math.fsum(p.score for p in at) / len(at)) for place, at in sorted(places.items())]
        if means:
            style = f"{mark}:" if scale.is_category else f"{mark}-"
            panel.plot(
                *zip(*means, strict=True), style, color=colour, linewidth=1.5, markersize=5, zorder=3, transform=beside
            )
        panel.update_datalim(dots + crosses)  # which matplotlib does not do of what is moved
    panel.margins(x=0.12, y=0.08)
    panel.autoscale_view()
    panel.xaxis.set_major_locator(FixedLocator(list(scale.ticks)))
    panel.xaxis.set_major_formatter(lambda value, _: scale.ticks.get(value, ""))
    panel.xaxis.set_minor_locator(NullLocator())
    panel.set_xlabel(plain_name(name) + scale.remark)


@dataclass(frozen=True)
class _Scale:
    """Where the values of a hyperparameter stand on its axis."""

    places: Mapping[str, float]  # value as a key -> place
    ticks: Mapping[float, str]  # place -> label
    is_log: bool = False
    is_category: bool = False
    remark: str = ""


def _scale(name: str, points: Sequence[Point]) -> _Scale:
    values = list({_key(point.value(name)): point.value(name) for point in points}.values())
    numbers = [float(value) for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    if len(numbers) < len(values):
        shown = values[:VALUES]
        beyond = f" (the first {VALUES} of {len(values)})" if len(values) > VALUES else ""
        places = {_key(value): float(place) for place, value in enumerate(shown)}
        ticks = {float(place): _wrapped(plain(value)) for place, value in enumerate(shown)}
        return _Scale(places, ticks, is_category=True, remark=beyond)
    numbers = sorted(numbers)
    step = math.ceil(len(numbers) / 5)
    ticks = {number: f"{number:g}" for number in numbers[::step]}
    is_log = numbers[0] > 0 and numbers[-1] / numbers[0] >= LOGARITHMIC
    if is_log:  # labels of neighbours would run into each other
        apart = (math.log(numbers[-1]) - math.log(numbers[0])) / 6
        ticks = _thinned(ticks, apart)
    return _Scale({_key(value): float(value) for value in values}, ticks, is_log=is_log)  # type: ignore[arg-type]


def _thinned(ticks: Mapping[float, str], apart: float) -> dict[float, str]:
    kept: dict[float, str] = {}
    for place, label in ticks.items():
        if not kept or math.log(place / max(kept)) >= apart:
            kept[place] = label
    return kept


def _moved(panel: Axes, points: float) -> Transform:
    """Where the data stand, moved sideways: architectures that score alike would hide each other."""
    figure = panel.get_figure(root=True)
    assert figure is not None
    return panel.transData + ScaledTranslation(points / POINTS_PER_INCH, 0, figure.dpi_scale_trans)


def _draw_dots(panel: Axes, dots: Sequence[tuple[float, float]], colour: str, place: Transform) -> None:
    """One path of lines without length, which are drawn as dots: a mark each would be four times the size."""
    if dots:
        x = [value for place, _ in dots for value in (place, place, math.nan)]
        y = [value for _, height in dots for value in (height, height, math.nan)]
        panel.plot(x, y, color=colour, alpha=0.5, linewidth=4, solid_capstyle="round", zorder=2, transform=place)


def _set_scale(axes: Axes, scores: Sequence[float], direction: str) -> None:
    """Perplexities of a training that came to nothing are far beyond the others: then by decades."""
    if direction == "min" and min(scores) > 0 and max(scores) > 20 * min(scores):
        axes.set_yscale("log")
    else:
        axes.yaxis.set_major_locator(MaxNLocator(5))


def _describe(name: str, points: Mapping[str, Sequence[Point]], drawn: Sequence[str]) -> str:
    parts = []
    for architecture in drawn[:3]:
        groups: dict[str, list[float]] = {}
        labels: dict[str, str] = {}
        for point in points[architecture]:
            key = _key(point.value(name))
            groups.setdefault(key, []).append(point.score)
            labels[key] = plain(point.value(name))
        told = [f"{score(math.fsum(group) / len(group))} at {labels[key]}" for key, group in list(groups.items())[:4]]
        parts.append(f"{architecture} {listing(told)}")
    return f"{plain_name(name)}: " + ", ".join(parts)


def _wrapped(text: str, width: int = 16) -> str:
    """At most three lines, broken between words."""
    lines = [""]
    for word in text.split(" "):
        if lines[-1] and len(lines[-1]) + len(word) >= width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return "\n".join([*lines[:2], "…"] if len(lines) > 3 else lines)


def _key(value: object) -> str:
    return json.dumps(value, sort_keys=True, default=str)
