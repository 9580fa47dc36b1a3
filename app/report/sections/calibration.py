"""Whether the models are as often right as they say."""

from __future__ import annotations

import math

import numpy as np

from app.drawing import BASELINE, INK, MODEL, Picture, draw, fit_name, new_figure, tidy
from app.report.answers import Answers, Model
from app.report.page.markup import Fragment
from app.report.page.wording import score
from app.report.sections.quoting import passage
from app.report.statistics.calibration import Reliability, measure_reliability

__all__ = ["calibration_figure", "calibration_passage"]

WIDTH = 680
PANELS, COLUMNS = 6, 3
HIGHEST = 0.8  # that an axis begins at
FEW = 10  # answers: a bin with fewer says little, and has no dot


def calibration_passage(answers: Answers | None) -> Fragment | None:
    """Who is best and worst calibrated, in words; None where no probabilities are known."""
    found = _measured(answers)
    if not found:
        return None
    ordered = sorted(found, key=lambda item: item[1].error)
    (best, least), (worst, most) = ordered[0], ordered[-1]
    side = "surer than it is right" if most.surplus > 0 else "right more often than it says"
    told = f"{best.architecture} is off by {score(least.error)} on average"
    told += f", {worst.architecture} by {score(most.error)}, being {side}." if len(found) > 1 else "."
    return passage(
        "Are they as sure as they are right?",
        "A model that says something with a probability of 80 % should be right four times in five: a dot on the line. "
        "Below the line it is too sure, above it not sure enough; the larger a dot, the more answers it stands for.",
        told,
    )


def calibration_figure(answers: Answers | None) -> Picture | None:
    """A reliability curve for each of the leading models, all seeds together, with its calibration error."""
    found = _measured(answers)
    if not found or answers is None:
        return None
    rows = math.ceil(len(found) / COLUMNS)
    figure, axes = new_figure(
        WIDTH,
        40 + 185 * rows,
        rows=rows,
        columns=COLUMNS,
        sharex=True,
        sharey=True,
    )
    for place, panel in enumerate(axes):
        panel.set_visible(place < len(found))
        panel.tick_params(labelbottom=place + COLUMNS >= len(found))
    low = min(HIGHEST, *(_least(bins) for _, bins in found))
    ticks = [tick / 10 for tick in range(0, 11, 2 if low < 0.5 else 1) if tick / 10 >= low]
    for panel, (model, bins) in zip(axes, found, strict=False):
        tidy(panel, grid="both")
        panel.set_title(f"{fit_name(model.architecture)}\nerror {score(bins.error)}", loc="left", fontsize=11)
        panel.plot([0, 1], [0, 1], color=BASELINE, linestyle=(0, (4, 3)), linewidth=1.2)
        shown = bins.counts >= FEW
        panel.plot(bins.confidence[shown], bins.accuracy[shown], "-", color=MODEL, linewidth=1.2, alpha=0.7)
        sizes = 12 + 130 * bins.counts[shown] / bins.counts.sum()
        panel.scatter(bins.confidence[shown], bins.accuracy[shown], s=sizes, color=MODEL, zorder=3)
        panel.set(xlim=(low - 0.03, 1.03), ylim=(low - 0.03, 1.03), xticks=ticks, yticks=ticks)
    beyond = len(answers.models) + answers.beyond - len(found)
    figure.supxlabel(f"confidence{f' (the best {len(found)})' if beyond > 0 else ''}", fontsize=12, color=INK)
    figure.supylabel("share that is right", fontsize=12, color=INK)
    errors = ", ".join(f"{model.architecture} {score(bins.error)}" for model, bins in found)
    return draw(figure, f"Accuracy against confidence in ten bins. Expected calibration error: {errors}.")


def _measured(answers: Answers | None) -> list[tuple[Model, Reliability]]:
    if answers is None:
        return []
    found = []
    for model in answers.models[:PANELS]:
        if model.confidence is None:
            continue
        bins = measure_reliability(model.confidence, np.asarray(model.said == answers.truth))
        if bins is not None:
            found.append((model, bins))
    return found


def _least(bins: Reliability) -> float:
    """Where both axes have to begin: a tenth, below everything that is drawn."""
    shown = bins.counts >= FEW
    drawn = [*bins.confidence[shown], *bins.accuracy[shown]]
    return math.floor(10 * min(drawn, default=0.0)) / 10
