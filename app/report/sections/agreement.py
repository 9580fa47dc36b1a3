"""How often the models say the same of an example."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from app.drawing import Picture, draw, new_figure
from app.report.answers import Answers
from app.report.page.markup import Fragment
from app.report.page.wording import percent, score
from app.report.sections.heat import draw_cells, draw_names
from app.report.sections.quoting import passage
from app.report.statistics.agreement import measure_agreement
from app.tasks import LANGUAGE, REGRESSION, TAGGING

__all__ = ["agreement_figure", "agreement_passage"]

WIDTH = 680
SAME = 1 - 1e-9
_SAY = {REGRESSION.name: "say numbers with a correlation of {}", TAGGING.name: "tag each word alike in {}"}

Shares = NDArray[np.float64]


def agreement_passage(answers: Answers | None) -> Fragment | None:
    """How far models and seeds agree, and which model agrees least; None where there is but one run."""
    shares = _measured(answers)
    if answers is None or shares is None:
        return None
    own, others = np.diag(shares), _others(shares)
    seeds, models = _mean(own), _mean(others)
    what = {REGRESSION.name: "", TAGGING.name: " of the sentences"}.get(answers.kind, " of the examples")
    sentences = []
    if np.nanmin(shares) >= SAME:
        sentences.append(f"All of them say the same{what and ' of all' + what.removeprefix(' of')}.")
    else:
        say = _SAY.get(answers.kind, "give the same answer to {}")
        told = say.format(_told(answers, seeds)), say.format(_told(answers, models))
        sentences += [f"Two seeds of one model {told[0]}{what}."] if math.isfinite(seeds) else []
        sentences += [f"Two models {told[1]}{what}, on average."] if math.isfinite(models) else []
    if len(shares) > 2 and np.nanmin(shares) < SAME:
        means = [_mean(row) for row in others]
        least = min(range(len(means)), key=lambda place: means[place] if math.isfinite(means[place]) else math.inf)
        with_others = _told(answers, means[least])
        sentences.append(f"{answers.models[least].architecture} agrees least with the others: {with_others}.")
    return passage("Do they agree?", *sentences)


def agreement_figure(answers: Answers | None) -> Picture | None:
    """Each two models as a cell; on the diagonal the seeds of one. None where there is one model."""
    shares = _measured(answers)
    if answers is None or shares is None or len(shares) < 2:
        return None
    names = [model.architecture for model in answers.models]
    low = np.nanmin(shares)
    shades = 0.08 + 0.92 * (shares - low) / max(1 - low, 1e-9)
    shades[np.triu_indices(len(names), 1)] = np.nan
    texts = [[_told(answers, share) for share in row] for row in shares]
    figure, (axes,) = new_figure(WIDTH, 90 + 30 * len(names))
    draw_cells(axes, np.clip(shades, 0, 1), texts, size=10 if len(names) <= 8 else 9)
    draw_names(axes, names, names)
    axes.set_xlabel("on the diagonal: two seeds of the same model", loc="left", fontsize=11)
    pairs = [
        f"{names[one]} and {names[other]} {_told(answers, shares[one, other])}"
        for one in range(len(names))
        for other in range(one)
    ]
    return draw(figure, f"How often two models agree. {'; '.join(pairs[:12])}.")


def _measured(answers: Answers | None) -> Shares | None:
    if answers is None or not answers.models or answers.kind in LANGUAGE:
        return None
    shares = measure_agreement(answers)
    return shares if np.isfinite(shares).any() else None


def _others(shares: Shares) -> Shares:
    """The same without the diagonal."""
    return np.where(np.eye(len(shares), dtype=bool), np.nan, shares)


def _mean(values: Shares) -> float:
    return float(values[np.isfinite(values)].mean()) if np.isfinite(values).any() else float("nan")


def _told(answers: Answers, share: float) -> str:
    if not np.isfinite(share):
        return "–"
    return score(share) if answers.kind == REGRESSION.name else percent(share)
