"""Scores by how long the texts are."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from app.drawing import BASELINE, INK, MODEL, Picture, draw, fit_name, new_figure, tidy
from app.report.answers import Answers
from app.report.examples import Examples
from app.report.gather import Record
from app.report.page.markup import Fragment
from app.report.page.wording import metric_name, rate, score
from app.report.sections.quoting import passage
from app.report.statistics.groups import Groups, Measure, bin_evenly, choose_measure, stands_out

__all__ = ["length_figure", "length_passage"]

WIDTH, COLUMNS = 680, 3
BINS = 5
PANELS = 6


def length_passage(record: Record, answers: Answers | None, examples: Examples | None) -> Fragment | None:
    """What length does to the leading model, in words; None where lengths or scores are not known, or all are equal."""
    found = _grouped(record, answers, examples)
    if found is None or answers is None:
        return None
    measure, groups, scores = found
    name = metric_name(measure.name, record.dataset.kind)
    leader, own = answers.shown[0].architecture, scores[0]
    good, bad = (
        (int(own.argmin()), int(own.argmax())) if measure.lower_is_better else (int(own.argmax()), int(own.argmin()))
    )
    is_clear = stands_out(answers, answers.shown[0], groups, bad)
    told = (
        f"By {name}, {leader} does best on texts of {groups.names[good]} words ({score(own[good])}) and worst on those "
        f"of {groups.names[bad]} ({score(own[bad])}); "
        + ("the latter is more than chance brings about." if is_clear else "chance alone may have brought that about.")
    )
    if score(own[good]) == score(own[bad]):
        told = f"By {name}, {leader} does as well on short texts as on long ones ({score(own[good])})."
    return passage(
        "Does length matter?",
        f"{told} Each panel is a model, its mean over seeds; the grey lines are the other ones.",
    )


def length_figure(record: Record, answers: Answers | None, examples: Examples | None) -> Picture | None:
    """A panel for each leading model: its score on short to long texts, before those of all others."""
    found = _grouped(record, answers, examples)
    if found is None or answers is None:
        return None
    measure, groups, scores = found
    names = [model.architecture for model in answers.shown[:PANELS]]
    rows = math.ceil(len(names) / COLUMNS)
    figure, axes = new_figure(
        WIDTH,
        60 + 140 * rows,
        rows=rows,
        columns=COLUMNS,
        sharex=True,
        sharey=True,
    )
    places = range(len(groups.names))
    low, high = float(scores.min()), float(scores.max())
    margin = 0.06 * (high - low) or 0.05
    for place, panel in enumerate(axes):
        panel.set_visible(place < len(names))
        panel.tick_params(labelbottom=place + COLUMNS >= len(names))
    for place, (panel, name) in enumerate(zip(axes, names, strict=False)):
        tidy(panel, grid="y")
        panel.set_title(fit_name(name), loc="left", fontsize=12, fontweight="bold")
        lines = [list(zip(places, other, strict=True)) for other in scores]
        panel.add_collection(LineCollection(lines, colors=BASELINE, alpha=0.35, linewidths=0.9))
        panel.plot(places, scores[place], "o-", color=MODEL, linewidth=1.8, markersize=5)
        panel.set_xlim(-0.4, len(places) - 0.6)
        panel.set_ylim(low - margin, high + margin)
        panel.set_xticks(list(places), groups.names, fontsize=9)
        panel.yaxis.set_major_locator(MaxNLocator(4))
    sizes = ", ".join(rate(size) for size in groups.sizes)
    beyond = f"; the best {PANELS}" if len(scores) > PANELS or answers.beyond else ""
    figure.supxlabel(f"words (with {sizes} examples, from left to right{beyond})", fontsize=11, color=INK)
    figure.supylabel(metric_name(measure.name, record.dataset.kind), fontsize=12, color=INK)
    return draw(figure, _describe(measure, groups, names, scores, record.dataset.kind))


def _grouped(
    record: Record, answers: Answers | None, examples: Examples | None
) -> tuple[Measure, Groups, NDArray[np.float64]] | None:
    """The measure, the groups, and the scores of each model in each, of shape (models, groups)."""
    if answers is None or examples is None or record.primary is None:
        return None
    measure = choose_measure(answers.kind, record.primary.name)
    groups = bin_evenly(examples.words, BINS, lambda words: f"{words:.0f}")
    if measure is None or len(groups.names) < 2:
        return None
    scores = np.stack([measure.measure(answers, model, groups) for model in answers.shown])
    return (measure, groups, scores) if np.isfinite(scores).all() else None


def _describe(measure: Measure, groups: Groups, names: Sequence[str], scores: NDArray[np.float64], kind: str) -> str:
    told = "; ".join(
        f"{name} {', '.join(score(value) for value in row)}" for name, row in zip(names, scores, strict=False)
    )
    return f"{metric_name(measure.name, kind)} on texts of {', '.join(groups.names)} words: {told}."
