"""Predictions of numbers, scored by correlations and errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.report.statistics.samples.sample import Floats, digest_arrays, read_columns

__all__ = ["NUMBER_METRICS", "Numbers", "read_numbers"]


@dataclass(frozen=True, eq=False)
class Numbers:
    """See `app.report.statistics.samples.sample.Sample`."""

    metric: str
    ids: NDArray[np.int64]  # (units,), ascending
    labels: Floats  # (units,)
    predicted: Floats  # (runs, units)

    @property
    def runs(self) -> int:
        return len(self.predicted)

    @property
    def units(self) -> int:
        return len(self.ids)

    @cached_property
    def key(self) -> str:
        return digest_arrays([self.ids, self.labels])

    def score(self, weights: Floats) -> Floats:
        return NUMBER_METRICS[self.metric](self.labels, self.predicted, weights)


def read_numbers(paths: Sequence[Path], metric: str) -> Numbers | None:
    """The predictions at `paths`; None where they cannot be compared, as `read_classes` says it, or are no numbers."""
    ids: NDArray[np.int64] | None = None
    labels: Floats | None = None
    predicted = []
    for path in paths:
        table = read_columns(path, ["id", "label", "prediction"])
        if table is None:
            return None
        try:
            here, truth, said = (np.asarray(column.to_numpy(), dtype=np.float64) for column in table.columns)
        except ValueError:
            return None
        if ids is None or labels is None:
            ids, labels = here.astype(np.int64), truth
        if not (np.array_equal(ids, here) and np.array_equal(labels, truth) and np.isfinite(said).all()):
            return None
        predicted.append(said)
    return Numbers(metric, ids, labels, np.stack(predicted)) if ids is not None and labels is not None else None


def _pearson(labels: Floats, predicted: Floats, weights: Floats) -> Floats:
    """The correlation; nan where either side is constant."""
    total = weights.sum(0)
    truth = labels - labels.mean()
    said = predicted - predicted.mean(-1, keepdims=True)
    mean_truth, mean_said = truth @ weights / total, said @ weights / total
    both = (said * truth) @ weights / total - mean_truth * mean_said
    spread = (truth**2 @ weights / total - mean_truth**2) * (said**2 @ weights / total - mean_said**2)
    known = spread > 1e-24 * (np.var(labels) * np.var(predicted, axis=-1))[:, None] + 1e-300
    found: Floats = np.divide(both, np.sqrt(np.where(known, spread, 1)), out=np.full(both.shape, np.nan), where=known)
    return found


def _spearman(labels: Floats, predicted: Floats, weights: Floats) -> Floats:
    """Pearson's correlation of the ranks that the units have in each resample, equal values sharing their mean rank."""
    truth = _rank(labels, weights)
    total = weights.sum(0)
    truth -= (weights * truth).sum(0) / total
    spread_truth = (weights * truth**2).sum(0)
    scores = []
    for said in predicted:
        ranks = _rank(said, weights)
        ranks -= (weights * ranks).sum(0) / total
        spread = (weights * ranks**2).sum(0) * spread_truth
        both = (weights * ranks * truth).sum(0)
        known = spread > 0
        scores.append(np.divide(both, np.sqrt(np.where(known, spread, 1)), out=np.full(len(both), np.nan), where=known))
    return np.stack(scores)


def _rank(values: Floats, weights: Floats) -> Floats:
    """The rank of each unit in each resample, (units, resamples)."""
    order = np.argsort(values, kind="stable")
    firsts = np.concatenate([[True], np.diff(values[order]) != 0])
    tied = np.add.reduceat(weights[order], np.flatnonzero(firsts), axis=0)
    middle = np.cumsum(tied, axis=0) - tied / 2
    ranks = np.empty_like(weights)
    ranks[order] = middle[np.cumsum(firsts) - 1]
    return ranks


def _mae(labels: Floats, predicted: Floats, weights: Floats) -> Floats:
    error: Floats = np.abs(predicted - labels) @ weights / weights.sum(0)
    return error


def _mse(labels: Floats, predicted: Floats, weights: Floats) -> Floats:
    error: Floats = (predicted - labels) ** 2 @ weights / weights.sum(0)
    return error


NUMBER_METRICS: Mapping[str, Callable[[Floats, Floats, Floats], Floats]] = {
    "pearson": _pearson,
    "spearman": _spearman,
    "mae": _mae,
    "mse": _mse,
}
"""The name in a configuration -> labels (units,), predictions (runs, units), weights (units, resamples) -> scores."""
