"""The figures of a search: the best so far, and every trial as a line across its parameters."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from app.drawing import BASELINE, INK, LIMIT, MODEL, Picture, draw, new_figure, tidy
from app.report.page.wording import listing, plain, plain_name, score
from app.trials import SearchRecord, SpaceAxis, TrialRecord

__all__ = ["best_figure", "coordinates_figure"]

WIDTH = 680
LINES = 300  # trials drawn
AXES = 9  # parameters drawn, beside the metric
CHOICES = 8  # labels on an axis
LETTER = 6.2  # points of a label, on average
BEST = 0.2  # of the complete trials are drawn in colour


def best_figure(record: SearchRecord) -> Picture | None:
    """Each trial's value by its number, and the best so far."""
    complete = record.complete
    if not complete:
        return None
    better = max if record.goal == "maximize" else min
    numbers = [trial.number for trial in complete]
    values = [trial.value or 0.0 for trial in complete]
    stopped = [trial for trial in record.stopped if trial.value is not None]
    figure, (axes,) = new_figure(WIDTH, 260)
    tidy(axes, grid="y")
    axes.plot(numbers, values, "o", color=BASELINE, markersize=5, label="complete trial")
    if stopped:
        places = [trial.number for trial in stopped]
        axes.plot(places, [trial.value or 0.0 for trial in stopped], "x", color=LIMIT, label="stopped early")
    last = max(trial.number for trial in record.trials)
    steps = [*accumulate(values, better)]
    axes.step([*numbers, last], [*steps, steps[-1]], where="post", color=MODEL, linewidth=2, label="best so far")
    axes.set(xlabel="trial", ylabel=record.metric)
    axes.xaxis.set_major_locator(MaxNLocator(8, integer=True))
    figure.legend(loc="outside lower center", ncols=3, frameon=False, fontsize=11)
    rises = [place for place, step in enumerate(steps) if place == 0 or step != steps[place - 1]]
    told = [f"{score(steps[place])} at trial {numbers[place]}" for place in rises[-6:]]
    number = f"{len(complete)} complete trials" + (f", {len(stopped)} stopped early" if stopped else "")
    return draw(figure, f"{record.metric} by trial, {number}; the best so far: {listing(told)}.")


def coordinates_figure(record: SearchRecord) -> Picture | None:
    """Every trial as a line from parameter to parameter to the metric: the best in colour, the stopped ones dashed."""
    shown = record.searched[:AXES]
    trials = [trial for trial in record.complete + record.stopped if trial.value is not None]
    if not shown or not trials:
        return None
    best = _best(record)
    # the best last, on top of the others; of very many those that say most
    trials = sorted(trials, key=lambda trial: (trial.number in best, trial.state == "complete", record.merit(trial)))
    trials = trials[-LINES:]
    scales = [_scale(axis, trials) for axis in shown]
    values = [trial.value or 0.0 for trial in trials]
    low, high = min(values), max(values)
    figure, (axes,) = new_figure(WIDTH, 330)
    for trial in trials:
        heights = [scale.place(trial) for scale in scales]
        heights.append((trial.value - low) / (high - low) if high > low and trial.value is not None else 0.5)
        _draw_line(axes, heights, trial, is_best=trial.number in best)
    room = int(WIDTH / (len(shown) + 1) / LETTER)
    for place, scale in enumerate(scales):
        _draw_axis(axes, place, {height: _shortened(label, room) for height, label in scale.ticks.items()})
    _draw_axis(axes, len(scales), {0.0: score(low), 1.0: score(high)} if high > low else {0.5: score(low)})
    names = [plain_name(axis.name).replace(" ", "\n") for axis in shown]
    axes.set_xticks(range(len(shown) + 1), [*names, record.metric.replace("_", "\n")])
    axes.tick_params(length=0, pad=8)
    axes.set_yticks([])
    axes.set_xlim(-0.3, len(shown) + 0.6)
    axes.set_ylim(-0.09, 1.09)
    axes.spines[:].set_visible(False)
    for colour, style, label in (
        (MODEL, "-", f"best {BEST:.0%} of the complete trials".replace("%", " %")),
        (BASELINE, "-", "other complete trials"),
        (LIMIT, ":", "stopped early"),
    ):
        axes.plot([], [], style, color=colour, label=label)
    figure.legend(loc="outside lower center", ncols=3, frameon=False, fontsize=11)
    beyond = len(record.searched) - len(shown)
    left_out = f" {beyond} more parameters are left out." if beyond else ""
    chosen = [trial for trial in trials if trial.number in best]
    return draw(
        figure, f"{len(trials)} trials across {len(shown)} parameters. {_describe(record, shown, chosen)}{left_out}"
    )


@dataclass(frozen=True)
class _Scale:
    """Where the values of a parameter stand on its axis, from 0 to 1."""

    name: str
    places: Mapping[str, float]  # value as a key -> place
    ticks: Mapping[float, str]

    def place(self, trial: TrialRecord) -> float:
        return self.places.get(_key(trial.values.get(self.name)), 0.5)


def _scale(axis: SpaceAxis, trials: Sequence[TrialRecord]) -> _Scale:
    given = {_key(trial.values.get(axis.name)): trial.values.get(axis.name) for trial in trials}
    numbers = {
        key: float(value)
        for key, value in given.items()
        if isinstance(value, int | float) and not isinstance(value, bool) and "values" not in axis.fields
    }
    if len(numbers) < len(given):  # choices, in the order of the file
        order = [_key(value) for value in axis.fields.get("values", given.values())]
        known = [key for key in dict.fromkeys(order) if key in given] + [key for key in given if key not in order]
        places = {key: place / max(1, len(known) - 1) if len(known) > 1 else 0.5 for place, key in enumerate(known)}
        step = math.ceil(len(known) / CHOICES)
        return _Scale(axis.name, places, {places[key]: plain(given[key]) for key in known[::step]})
    is_log = axis.is_log and min(numbers.values()) > 0
    turned = {key: math.log(number) if is_log else number for key, number in numbers.items()}
    low, high = min(turned.values()), max(turned.values())
    places = {key: (number - low) / (high - low) if high > low else 0.5 for key, number in turned.items()}
    middle = math.exp((low + high) / 2) if is_log else (low + high) / 2
    ends = {0.0: min(numbers.values()), 0.5: middle, 1.0: max(numbers.values())} if high > low else {0.5: middle}
    return _Scale(axis.name, places, {place: f"{number:.3g}" for place, number in ends.items()})


def _draw_line(axes: Axes, heights: Sequence[float], trial: TrialRecord, *, is_best: bool) -> None:
    if trial.state == "stopped":
        axes.plot(range(len(heights)), heights, ":", color=LIMIT, linewidth=1, alpha=0.7)
    elif is_best:
        axes.plot(range(len(heights)), heights, "-", color=MODEL, linewidth=2, alpha=0.9)
    else:
        axes.plot(range(len(heights)), heights, "-", color=BASELINE, linewidth=1, alpha=0.5)


def _draw_axis(axes: Axes, place: int, ticks: Mapping[float, str]) -> None:
    axes.axvline(place, color=INK, alpha=0.35, linewidth=1, zorder=0)
    for height, label in ticks.items():
        # lines meet at a value: beside it, above the lowest and below the highest, they would cross its name
        below = height == 0.0
        axes.text(
            place + 0.03,
            height + (-0.015 if below else 0.015),
            label,
            fontsize=10.5,
            va="top" if below else "bottom",
            zorder=5,
        )


def _best(record: SearchRecord) -> set[int]:
    order = sorted(record.complete, key=lambda trial: -record.merit(trial))
    return {trial.number for trial in order[: max(1, round(BEST * len(order)))]}


def _describe(record: SearchRecord, axes: Sequence[SpaceAxis], best: Sequence[TrialRecord]) -> str:
    """Where the best ones lie, parameter by parameter."""
    if not best:
        return "None of them has come to its end."
    parts = []
    for axis in axes:
        given = [trial.values.get(axis.name) for trial in best]
        numbers = [value for value in given if isinstance(value, int | float) and not isinstance(value, bool)]
        if len(numbers) == len(given) and "values" not in axis.fields:
            told = f"{min(numbers):.3g} to {max(numbers):.3g}" if min(numbers) < max(numbers) else f"{numbers[0]:.3g}"
        else:
            told = listing(list(dict.fromkeys(plain(value) for value in given)))
        parts.append(f"{plain_name(axis.name)} {told}")
    return f"The best {len(best)} by {record.metric} have {'; '.join(parts)}."


def _shortened(label: str, room: int) -> str:
    """At most so many letters: beyond them stands the next axis."""
    return label if len(label) <= room else f"{label[: max(1, room - 1)]}…"


def _key(value: object) -> str:
    return json.dumps(value, sort_keys=True, default=str)
