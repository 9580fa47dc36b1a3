"""The report's figures of scores: where each architecture stands, and how it learned."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from app.drawing import BASELINE, INK, LIMIT, MODEL, Picture, draw, fit_name, new_figure, tidy
from app.report.gather import Record
from app.report.history import Curve, read_curve
from app.report.page.wording import metric_name, score
from app.report.statistics.intervals import Interval
from app.report.statistics.leaderboard import Row
from app.report.statistics.standings import Standing

__all__ = ["curve_figure", "score_figure"]

WIDTH = 680
PANELS = 12  # learning curves drawn at most
LINES = 20  # seeds in a panel
LEADERS = 40  # architectures in a figure of all, and the best baseline


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
    axes.set_yticks(range(len(shown)), [fit_name(row.architecture) for row in shown])
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
        panel.set_title(fit_name(architecture), loc="left", fontsize=12, fontweight="bold")
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


def _colour(row: Row) -> str:
    return BASELINE if row.is_baseline else MODEL


def _mark(axes: Axes, value: float, name: str, colour: str) -> None:
    axes.axvline(value, color=colour, linestyle=(0, (4, 3)), linewidth=1.4, zorder=1)
    axes.text(value, 1.02, name, transform=axes.get_xaxis_transform(), ha="center", va="bottom", fontsize=11)
