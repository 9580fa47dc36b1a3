"""Classification metrics from counts, for many resamples of the examples at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["BOUNDS", "ENTITY_METRICS", "METRICS", "Metric", "Tallies"]

Floats = NDArray[np.float64]
POSITIVE = 1  # the class that f1, precision and recall of two classes are about, as in scikit-learn


@dataclass(frozen=True, eq=False)
class Tallies:
    """Counts per class, each of shape (..., classes)."""

    hits: Floats  # predicted and true
    predicted: Floats
    actual: Floats


Metric = Callable[[Tallies], Floats]
"""Tallies of shape (..., classes) -> scores of shape (...,)."""


def _ratio(above: Floats, below: Floats) -> Floats:
    """The quotient, and 0 where there is nothing to divide by, as scikit-learn's zero_division=0."""
    return np.divide(above, below, out=np.zeros_like(above), where=below > 0)


def accuracy(tallies: Tallies) -> Floats:
    return _ratio(tallies.hits.sum(-1), tallies.actual.sum(-1))


def precision(tallies: Tallies) -> Floats:
    return _of_positive(_ratio(tallies.hits, tallies.predicted), tallies)


def recall(tallies: Tallies) -> Floats:
    return _of_positive(_ratio(tallies.hits, tallies.actual), tallies)


def _f1_by_class(tallies: Tallies) -> Floats:
    return _ratio(2 * tallies.hits, tallies.predicted + tallies.actual)


def f1(tallies: Tallies) -> Floats:
    return _of_positive(_f1_by_class(tallies), tallies)


def f1_macro(tallies: Tallies) -> Floats:
    return _mean_over_classes(_f1_by_class(tallies), tallies)


def _of_positive(by_class: Floats, tallies: Tallies) -> Floats:
    """Of two classes the score of class 1, of more their mean, as in the lab."""
    chosen: Floats = by_class[..., POSITIVE] if by_class.shape[-1] <= 2 else _mean_over_classes(by_class, tallies)
    return chosen


def _mean_over_classes(by_class: Floats, tallies: Tallies) -> Floats:
    # a class that is neither there nor predicted has no score and is left out
    present = (tallies.predicted + tallies.actual) > 0
    return _ratio(by_class.sum(-1), present.sum(-1).astype(np.float64))


def f1_weighted(tallies: Tallies) -> Floats:
    return _ratio((_f1_by_class(tallies) * tallies.actual).sum(-1), tallies.actual.sum(-1))


def matthews_correlation(tallies: Tallies) -> Floats:
    """Gorodkin's R_K for any number of classes (Computational Biology and Chemistry 28, 2004, 367-374)."""
    examples = tallies.actual.sum(-1)
    covariance = tallies.hits.sum(-1) * examples - (tallies.predicted * tallies.actual).sum(-1)
    spread = (examples**2 - (tallies.predicted**2).sum(-1)) * (examples**2 - (tallies.actual**2).sum(-1))
    return _ratio(covariance, np.sqrt(np.maximum(spread, 0)))


def entity_precision(tallies: Tallies) -> Floats:
    return _ratio(tallies.hits.sum(-1), tallies.predicted.sum(-1))


def entity_recall(tallies: Tallies) -> Floats:
    return _ratio(tallies.hits.sum(-1), tallies.actual.sum(-1))


def entity_f1(tallies: Tallies) -> Floats:
    return _ratio(2 * tallies.hits.sum(-1), (tallies.predicted + tallies.actual).sum(-1))


ENTITY_METRICS: Mapping[str, Metric] = {
    metric.__name__: metric for metric in (entity_precision, entity_recall, entity_f1)
}
"""The same for metrics of entities, whose counts are of one class: all entities alike."""

METRICS: Mapping[str, Metric] = {
    metric.__name__: metric for metric in (accuracy, precision, recall, f1, f1_macro, f1_weighted, matthews_correlation)
}
"""The name in a configuration -> the metric."""

BOUNDS: Mapping[str, tuple[float, float]] = {
    **dict.fromkeys(("matthews_correlation", "pearson", "spearman"), (-1.0, 1.0)),
    **dict.fromkeys(("mae", "mse", "loss"), (0.0, np.inf)),
    "perplexity": (1.0, np.inf),
}
"""Between what a metric lies; all others between 0 and 1."""
