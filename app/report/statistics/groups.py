"""Scores of groups of examples: by length, by a column of the data, by the true value."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.report.answers import Answers, Model
from app.report.statistics.scores import ENTITY_METRICS, METRICS, Tallies
from app.tasks import CLASSIFICATION, REGRESSION, TAGGING

__all__ = ["Groups", "Measure", "bin_evenly", "choose_measure", "group_values", "stands_out"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Groups:
    """Each example's group, a code into `names`; no group is empty."""

    names: tuple[str, ...]
    codes: Integers  # (examples,)

    @property
    def sizes(self) -> Integers:
        """Examples of each group."""
        return np.bincount(self.codes, minlength=len(self.names))


@dataclass(frozen=True)
class Measure:
    """What is measured of each group."""

    name: str  # as a configuration has it, or in words
    lower_is_better: bool
    measure: Callable[[Answers, Model, Groups], Floats]
    """The mean over the model's runs, of shape (groups,)."""


def choose_measure(kind: str, metric: str) -> Measure | None:
    """The metric that ranks where it can be told of a part of the examples, else one that can; None of running text.

    Of classes another one is accuracy, of entities their F1, of numbers it is always the mean absolute error:
    a correlation within a group says little of how near the numbers are.
    """
    if kind == CLASSIFICATION.name:
        name = metric if metric in METRICS else "accuracy"
        return Measure(name, False, lambda answers, model, groups: _score_classes(name, answers, model, groups))
    if kind == TAGGING.name:
        name = metric if metric in ENTITY_METRICS else "entity_f1"
        return Measure(name, False, lambda answers, model, groups: _score_entities(name, answers, model, groups))
    return Measure("mean absolute error", True, _mean_error) if kind == REGRESSION.name else None


def bin_evenly(values: NDArray[Any], bins: int, wording: Callable[[float], str]) -> Groups:
    """Groups of neighbouring values with about equally many examples; equal values stay together."""
    cuts = np.unique(np.quantile(values, np.arange(1, bins) / bins, method="lower"))
    _, codes = np.unique(np.searchsorted(cuts, values), return_inverse=True)
    spans = [(values[codes == code].min(), values[codes == code].max()) for code in range(codes.max() + 1)]
    names = [wording(low) if low == high else f"{wording(low)}–{wording(high)}" for low, high in spans]
    return Groups(tuple(names), codes.astype(np.int64))


def group_values(values: Sequence[str], most: int) -> Groups:
    """A group for each value, the most frequent first; what is beyond `most` of them is one group, the last."""
    found, codes, counts = np.unique(np.asarray(values, dtype=object), return_inverse=True, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    ranks = np.empty_like(order)
    ranks[order] = np.arange(len(order))
    names = [str(found[place]) or "(empty)" for place in order]
    if len(names) > most:
        names = [*names[:most], f"{len(names) - most:,} others"]
    return Groups(tuple(names), np.minimum(ranks[codes], most).astype(np.int64))


def stands_out(answers: Answers, model: Model, groups: Groups, code: int) -> bool:
    """Whether a group is harder, or easier, for a model than the other examples, beyond what chance brings about.

    By the share of wrong answers, or the mean absolute error, of each example over the runs: the difference of two
    means in standard errors, against the normal distribution at 5 %, shared among all groups, since the group that is
    asked about is mostly chosen for its score (Bonferroni).
    """
    is_off = answers.kind == REGRESSION.name
    losses = (np.abs(model.said - answers.truth) if is_off else model.said != answers.truth).mean(axis=0)
    inside, outside = losses[groups.codes == code], losses[groups.codes != code]
    if min(len(inside), len(outside)) < 2:
        return False
    error = math.sqrt(inside.var(ddof=1) / len(inside) + outside.var(ddof=1) / len(outside))
    bound = NormalDist().inv_cdf(1 - 0.05 / 2 / len(groups.names))
    return bool(abs(inside.mean() - outside.mean()) > bound * error)


def _score_classes(name: str, answers: Answers, model: Model, groups: Groups) -> Floats:
    classes, number = len(answers.names), len(groups.names)

    def count(codes: NDArray[Any], chosen: NDArray[np.bool_] | None = None) -> Floats:
        weights = None if chosen is None else chosen.astype(np.float64)
        flat = np.bincount(groups.codes * classes + codes, weights=weights, minlength=number * classes)
        return flat.astype(np.float64).reshape(number, classes)

    actual = count(answers.truth)
    scores = [
        METRICS[name](Tallies(hits=count(said, said == answers.truth), predicted=count(said), actual=actual))
        for said in model.said
    ]
    return np.asarray(np.mean(scores, axis=0))


def _score_entities(name: str, answers: Answers, model: Model, groups: Groups) -> Floats:
    number = len(groups.names)
    if model.entities is None or answers.entities is None:
        return np.full(number, np.nan)

    def count(values: NDArray[Any]) -> Floats:
        flat = np.bincount(groups.codes, weights=values.astype(np.float64), minlength=number)
        return flat.astype(np.float64)[:, None]

    actual = count(answers.entities)
    scores = [
        ENTITY_METRICS[name](Tallies(hits=count(correct), predicted=count(predicted), actual=actual))
        for predicted, correct in model.entities
    ]
    return np.asarray(np.mean(scores, axis=0))


def _mean_error(answers: Answers, model: Model, groups: Groups) -> Floats:
    errors = np.abs(model.said - answers.truth).mean(axis=0)
    return np.asarray(np.bincount(groups.codes, weights=errors, minlength=len(groups.names)) / groups.sizes)
