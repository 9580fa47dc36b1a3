"""Where predicted numbers lie beside the true ones, from the smallest to the largest."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from app.drawing import BASELINE, INK, MODEL, Picture, draw, fit_name, new_figure, tidy
from app.report.answers import Answers, Model
from app.report.page.markup import Fragment
from app.report.page.wording import rate, score
from app.report.sections.quoting import passage
from app.report.statistics.groups import Groups, bin_evenly
from app.tasks import REGRESSION

__all__ = ["measure_residuals", "residual_figure", "residual_passage"]

WIDTH, COLUMNS = 680, 3
PANELS = 6
BINS = 5
MIDDLE = (0.1, 0.9)  # the bar holds so much of the residuals

Residuals = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]


def measure_residuals(answers: Answers, model: Model, groups: Groups) -> Residuals:
    """Predicted minus true, all seeds together: of each group the mean, the tenth and the ninetieth percentile."""
    off = model.said - answers.truth
    of_groups = [off[:, groups.codes == code].ravel() for code in range(len(groups.names))]
    low, high = np.asarray([np.quantile(values, MIDDLE) for values in of_groups]).T
    return np.asarray([values.mean() for values in of_groups]), low, high


def residual_passage(answers: Answers | None) -> Fragment | None:
    """Whether the leading model shies away from the ends of the scale, in words; None where there are no numbers."""
    groups = _grouped(answers)
    if answers is None or groups is None:
        return None
    means, _, _ = measure_residuals(answers, answers.leader, groups)
    told = (
        f"{answers.leader.architecture} is {_side(means[0])} where the true number is small ({groups.names[0]}), and "
        f"{_side(means[-1])} where it is large ({groups.names[-1]})."
    )
    if means[0] > 0 > means[-1]:
        told += " So it keeps to the middle, as a model does that knows little."
    return passage(
        "Too high or too low?",
        told,
        "A dot is the mean of predicted minus true, all seeds together, and the bar holds the middle 80 %.",
    )


def residual_figure(answers: Answers | None) -> Picture | None:
    """Predicted minus true by the true number, a panel for each of the leading models."""
    groups = _grouped(answers)
    if answers is None or groups is None:
        return None
    models = answers.shown[:PANELS]
    rows = math.ceil(len(models) / COLUMNS)
    figure, axes = new_figure(
        WIDTH,
        60 + 150 * rows,
        rows=rows,
        columns=COLUMNS,
        sharex=True,
        sharey=True,
    )
    places = np.arange(len(groups.names))
    for place, panel in enumerate(axes):
        panel.set_visible(place < len(models))
        panel.tick_params(labelbottom=place + COLUMNS >= len(models))
    told = []
    for panel, model in zip(axes, models, strict=False):
        tidy(panel, grid="y")
        means, low, high = measure_residuals(answers, model, groups)
        panel.set_title(fit_name(model.architecture), loc="left", fontsize=12, fontweight="bold")
        panel.axhline(0, color=BASELINE, linestyle=(0, (4, 3)), linewidth=1.2)
        panel.vlines(places, low, high, color=MODEL, alpha=0.4, linewidth=6)
        panel.plot(places, means, "o", color=MODEL, markersize=5)
        panel.set_xticks(places, groups.names, fontsize=9)
        told.append(f"{model.architecture} {', '.join(score(value) for value in means)}")
    sizes = ", ".join(rate(size) for size in groups.sizes)
    figure.supxlabel(f"true number (with {sizes} examples, from left to right)", fontsize=11, color=INK)
    figure.supylabel("predicted minus true", fontsize=12, color=INK)
    return draw(figure, f"Mean residuals for true numbers of {', '.join(groups.names)}: {'; '.join(told)}.")


def _grouped(answers: Answers | None) -> Groups | None:
    if answers is None or answers.kind != REGRESSION.name:
        return None
    if not all(np.isfinite(model.said).all() for model in answers.shown[:PANELS]):
        return None
    groups = bin_evenly(answers.truth, BINS, lambda number: f"{number:.3g}".replace("-", "−"))
    return groups if len(groups.names) > 1 else None


def _side(mean: float) -> str:
    return f"{score(abs(mean))} too {'high' if mean > 0 else 'low'}"
