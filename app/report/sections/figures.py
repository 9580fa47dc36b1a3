"""The report's figures: scores, scores against costs, and learning curves."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, MaxNLocator

from app.drawing import BASELINE, INK, LIMIT, MODEL, Picture, draw, new_figure, tidy
from app.report.gather import Record
from app.report.history import Curve, read_curve
from app.report.page.wording import count, duration, metric_name, score
from app.report.statistics.intervals import Interval
from app.report.statistics.leaderboard import Row
from app.report.statistics.standings import Standing

__all__ = ["cost_figure", "curve_figure", "score_figure"]

WIDTH = 680
PANELS = 12  # learning curves drawn at most
LINES = 20  # seeds in a panel
LEADERS = 40  # architectures in a figure of all, and the best baseline
NAMED = 16  # points with a name
Box = tuple[float, float, float, float]  # left, bottom, right, top as shares of a panel
LETTER, MARK, GAP = 0.023, 0.018, 0.028  # shares of a panel: the width of a letter, half a point, half a line


def score_figure(record: Record, standings: Sequence[Standing]) -> Picture | None:
    """Each architecture's score with every seed as a ring, its interval, the best baseline, the ceiling."""
    shown, left_out = _leaders(standings)
    if not shown or record.primary is None:
        return None
    intervals = {standing.row.architecture: standing.interval for standing in standings}
    figure, (axes,) = new_figure(WIDTH, 74 + 34 * len(shown))
    tidy(axes)
    best_baseline = next((row for row in shown if row.is_baseline), None)
    ceiling = record.ceiling
    low, high = _span(shown, [bounds for bounds in intervals.values() if bounds], ceiling)
    axes.set_xlim(low, high)
    for place, row in enumerate(shown):
        colour = _colour(row)
        if row.score < low:  # far below all others: its place is beside the figure, or theirs would be a blot
            axes.plot(low + 0.01 * (high - low), place, "<", color=colour)
        if row.score > high:  # the same where less is better
            axes.plot(high - 0.01 * (high - low), place, ">", color=colour)
        bounds = intervals[row.architecture]
        if bounds:
            axes.plot(
                [bounds.low, bounds.high],
                [place, place],
                color=colour,
                alpha=0.4,
                linewidth=7,
                solid_capstyle="butt",
            )
        axes.plot(row.scores, [place] * len(row.scores), "o", mfc="none", mec=INK, mew=0.9, markersize=6, zorder=3)
        axes.plot(row.score, place, "|", color=colour, markeredgewidth=2.5, markersize=15, zorder=4)
        axes.text(1.01, place, score(row.score), transform=axes.get_yaxis_transform(), va="center")
    axes.set_yticks(range(len(shown)), [row.architecture for row in shown])
    axes.set_ylim(len(shown) - 0.4, -0.6)
    better = ", lower is better" if record.primary.direction == "min" else ""
    axes.set_xlabel(
        f"{metric_name(record.primary.name, record.dataset.kind)}, {record.primary.split}{better}{left_out}"
    )
    if best_baseline:
        _mark(axes, best_baseline.score, best_baseline.architecture, BASELINE)
    if ceiling is not None:
        _mark(axes, ceiling, "ceiling", LIMIT)
    names = ", ".join(f"{row.architecture} {score(row.score)}" for row in shown[:12])
    alt = f"{metric_name(record.primary.name, record.dataset.kind)} by architecture, best first: {names}."
    return draw(figure, alt + (f" The ceiling is {score(ceiling)}." if ceiling is not None else ""))


def cost_figure(record: Record, standings: Sequence[Standing]) -> Picture | None:
    """The score of each model against its parameters and its latency; up and to the left is better."""
    shown, left_out = _leaders(standings)
    if not shown or record.primary is None:
        return None
    shown = [row for row in shown if not row.is_baseline] or shown
    lower_is_better = record.primary.direction == "min"
    figure, axes = new_figure(WIDTH, 300, columns=2, sharey=True)
    panels: tuple[tuple[str, Callable[[Row], float], Callable[[float], str]], ...] = (
        ("parameters", lambda row: float(row.parameters or math.nan), count),
        ("median latency, smallest batch", lambda row: row.latency_seconds, duration),
    )
    for panel, (label, cost, wording) in zip(axes, panels, strict=True):
        tidy(panel, grid="both")
        priced = [row for row in shown if math.isfinite(cost(row)) and cost(row) > 0]
        if priced:
            panel.set_xscale("log")
            low, high = _around([cost(row) for row in priced])
            panel.set_xlim(low, high)
            panel.xaxis.set_major_locator(FixedLocator(_log_ticks(low, high)))
            panel.xaxis.set_major_formatter(_formatter(wording))
            panel.xaxis.set_minor_locator(FixedLocator([]))
        panel.margins(y=0.12)
        if lower_is_better and not panel.yaxis_inverted():  # further up is better, whatever is measured
            panel.invert_yaxis()
        for row in priced:
            panel.plot(cost(row), row.score, "s" if row.is_baseline else "o", color=_colour(row), markersize=8)
        _name_points(panel, [(cost(row), row.score, row.architecture) for row in priced[:NAMED]])
        panel.set_xlabel(label)
    downwards = ", downwards" if lower_is_better else ""
    axes[0].set_ylabel(metric_name(record.primary.name, record.dataset.kind) + downwards)
    names = f"the first {NAMED} have names" if len(shown) > NAMED else ""
    if names or left_out:
        figure.supxlabel("; ".join(filter(None, (left_out.strip(" ()"), names))), fontsize=11, color=INK)
    points = "; ".join(
        f"{row.architecture}: {score(row.score)}, {count(row.parameters)}, {duration(row.latency_seconds)}"
        for row in shown[:12]
    )
    return draw(
        figure,
        f"{metric_name(record.primary.name, record.dataset.kind)} against parameters and against latency. {points}.",
    )


def curve_figure(record: Record, standings: Sequence[Standing]) -> Picture | None:
    """Validation over epochs at the best setting of each architecture, a line for each seed."""
    if record.primary is None:
        return None
    name = record.primary.name
    curves: dict[str, list[Curve]] = {}
    left_out = 0  # architectures that have learned something too, but whose files are not opened
    for row in (standing.row for standing in standings if standing.row.runs and not standing.row.is_baseline):
        if len(curves) == PANELS:
            left_out += 1
            continue
        found = [read_curve(record.folder.run(run.run_id).history, name) for run in row.runs[:LINES]]
        if any(curve.epochs for curve in found):
            curves[row.architecture] = [curve for curve in found if curve.epochs]
    if not curves:
        return None
    columns = min(3, len(curves))
    rows = math.ceil(len(curves) / columns)
    figure, axes = new_figure(WIDTH, 40 + 150 * rows, rows=rows, columns=columns, sharex=True, sharey=True)
    for panel, (architecture, found) in zip(axes, curves.items(), strict=False):
        tidy(panel, grid="y")
        panel.set_title(architecture, loc="left", fontsize=12, fontweight="bold")
        panel.xaxis.set_major_locator(MaxNLocator(4, integer=True))
        for curve in found:
            panel.plot(curve.epochs, curve.values, "o-", color=MODEL, alpha=0.9, linewidth=1.5, markersize=3.5)
    for place, panel in enumerate(axes):
        panel.set_visible(place < len(curves))
        panel.tick_params(labelbottom=place + columns >= len(curves))  # the lowest of its column
    figure.supxlabel(
        "epoch"
        + (f" (the best {PANELS}; {left_out} more left out)" if left_out else "")
        + (f" (the first {LINES} seeds)" if max(standing.row.seeds for standing in standings) > LINES else ""),
        fontsize=12,
        color=INK,
    )
    figure.supylabel(f"{metric_name(name, record.dataset.kind)}, validation", fontsize=12, color=INK)
    ends = "; ".join(
        f"{architecture} ends at {', '.join(score(curve.values[-1]) for curve in found)}"
        for architecture, found in curves.items()
    )
    return draw(
        figure, f"{metric_name(name, record.dataset.kind)} on validation over epochs, a line for each seed. {ends}."
    )


def _leaders(standings: Sequence[Standing]) -> tuple[list[Row], str]:
    """The rows with a score, or the best `LEADERS` of them and the best baseline; and a remark on those left out."""
    finite = [standing.row for standing in standings if math.isfinite(standing.row.score)]
    best_baseline = next((row for row in finite if row.is_baseline), None)
    shown = [row for place, row in enumerate(finite) if place < LEADERS or row is best_baseline]
    left_out = len(finite) - len(shown)
    return shown, f" (the best {LEADERS}; {left_out} more left out)" if left_out else ""


def _span(rows: Sequence[Row], intervals: Sequence[Interval], ceiling: float | None) -> tuple[float, float]:
    """The part of the scale to draw: all that is shown but for baselines that are behind the best of them."""
    best_baseline = next((row for row in rows if row.is_baseline), None)
    main = [row for row in rows if not row.is_baseline or row is best_baseline]
    values = [value for row in main for value in (row.score, *row.scores) if math.isfinite(value)]
    least, most = min(values), max(values)
    values += [b for i in intervals for b in (i.low, i.high) if least <= i.estimate <= most]
    values += [] if ceiling is None else [ceiling]
    margin = 0.05 * (max(values) - min(values)) or 0.05
    return min(values) - margin, max(values) + margin


def _around(values: Sequence[float]) -> tuple[float, float]:
    """Limits on a logarithmic scale, with room for names on either side."""
    ratio = max(2.0, (max(values) / min(values)) ** 0.25)
    return min(values) / ratio, max(values) * ratio


def _log_ticks(low: float, high: float) -> list[float]:
    """One to five round values between two limits."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for steps in ((1, 2, 5), (1, 3), (1,)):
        ticks = [step * 10.0**decade for decade in decades for step in steps if low <= step * 10.0**decade <= high]
        if len(ticks) <= 5:
            return ticks
    return ticks[:: math.ceil(len(ticks) / 5)]


def _formatter(wording: Callable[[float], str]) -> Callable[[float, float], str]:
    def label(value: float, _: float) -> str:
        number, *unit = wording(value).split(" ")
        return " ".join([f"{float(number):g}", *unit])

    return label


def _colour(row: Row) -> str:
    return BASELINE if row.is_baseline else MODEL


def _mark(axes: Axes, value: float, name: str, colour: str) -> None:
    axes.axvline(value, color=colour, linestyle=(0, (4, 3)), linewidth=1.4, zorder=1)
    axes.text(value, 1.02, name, transform=axes.get_xaxis_transform(), ha="center", va="bottom", fontsize=11)


def _name_points(axes: Axes, points: Sequence[tuple[float, float, str]]) -> None:
    """Write each name beside, above or below its point, where it hides neither point nor name if it can."""
    if not points:
        return
    bottom, top = axes.get_ylim()
    left, right = (math.log(bound) for bound in axes.get_xlim())
    places = [((math.log(x) - left) / (right - left), (y - bottom) / (top - bottom)) for x, y, _ in points]
    taken = [(x - MARK, y - MARK, x + MARK, y + MARK) for x, y in places]
    for (x, y), (_, _, name) in zip(places, points, strict=True):
        width = LETTER * len(name)
        options = [
            (x + GAP, y, x + GAP + width),
            (x - GAP - width, y, x - GAP),
            *((x - width / 2, y + up, x + width / 2) for up in (2 * GAP, -2 * GAP, 4 * GAP, -4 * GAP)),
        ]
        boxes = [(start, middle - GAP, end, middle + GAP) for start, middle, end in options]
        free = (box for box in boxes if box[0] >= 0 and box[2] <= 1 and not any(_overlap(box, t) for t in taken))
        box = next(free, boxes[0])
        taken.append(box)
        middle = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
        axes.text(*middle, name, transform=axes.transAxes, ha="center", va="center", fontsize=11)


def _overlap(first: Box, second: Box) -> bool:
    return first[0] < second[2] and second[0] < first[2] and first[1] < second[3] and second[1] < first[3]
