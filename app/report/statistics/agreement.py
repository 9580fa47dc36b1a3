"""How often models say the same, whether right or wrong."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.report.answers import Answers
from app.tasks import REGRESSION

__all__ = ["measure_agreement"]

Floats = NDArray[np.float64]


def measure_agreement(answers: Answers) -> Floats:
    """Of each two models the share of the examples of which they say the same, of shape (models, models).

    It is the mean over pairs of their runs; on the diagonal over pairs of different runs of one model, nan where it has
    one alone. Of numbers it is the correlation of what they say (Pearson), nan where one always says the same.
    """
    models = answers.models
    shares = np.full((len(models), len(models)), np.nan)
    for place, one in enumerate(models):
        for other_place, other in enumerate(models[: place + 1]):
            same = _compare(one.said, other.said, are_numbers=answers.kind == REGRESSION.name)
            if place == other_place:
                same = same[np.triu_indices(len(same), 1)]
            if same.size:
                shares[place, other_place] = shares[other_place, place] = same.mean()
    return shares


def _compare(one: NDArray[np.generic], other: NDArray[np.generic], *, are_numbers: bool) -> Floats:
    """Of each run of one and each run of the other."""
    if are_numbers:
        with np.errstate(invalid="ignore", divide="ignore"):
            scaled = [(said - said.mean(1, keepdims=True)) / said.std(1, keepdims=True) for said in (one, other)]
        return np.asarray(scaled[0] @ scaled[1].T / one.shape[1], dtype=np.float64)
    return np.stack([(other == said).mean(axis=1) for said in one])
