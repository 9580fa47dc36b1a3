"""Probabilities of classes, scored by how well they rank and how far they can be believed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.report.statistics.samples.sample import Floats, digest_arrays, read_columns

__all__ = ["PROBABILITY_METRICS", "Probabilities", "read_probabilities"]

PROBABILITY_METRICS = ("auroc", "calibration_error")
BINS = 15  # as app/lab/metrics/bins.py has them


@dataclass(frozen=True, eq=False)
class Probabilities:
    """See `app.report.statistics.samples.sample.Sample`."""

    metric: str
    ids: NDArray[np.int64]  # (units,), ascending
    labels: NDArray[np.int64]  # (units,)
    scores: Floats  # (runs, units, classes)

    @property
    def runs(self) -> int:
        return len(self.scores)

    @property
    def units(self) -> int:
        return len(self.ids)

    @cached_property
    def key(self) -> str:
        return digest_arrays([self.ids, self.labels])

    def score(self, weights: Floats) -> Floats:
        measure = _auroc if self.metric == "auroc" else _calibration_error
        return np.stack([measure(self.labels, given, weights) for given in self.scores])


def read_probabilities(paths: Sequence[Path], metric: str, names: Sequence[str]) -> Probabilities | None:
    """The probabilities at `paths`; None where they cannot be compared, as `read_classes` says it."""
    known = {name: code for code, name in enumerate(names)}
    ids: NDArray[np.int64] | None = None
    labels: NDArray[np.int64] | None = None
    found = []
    for path in paths:
        table = read_columns(path, ["id", "label", "scores"])
        if table is None:
            return None
        here = np.asarray(table["id"].to_numpy(), dtype=np.int64)
        truth = np.array([known.get(str(name), -1) for name in table["label"].to_pylist()], dtype=np.int64)
        given = np.array(table["scores"].to_pylist(), dtype=np.float64)
        if ids is None or labels is None:
            ids, labels = here, truth
        if not (np.array_equal(ids, here) and np.array_equal(labels, truth)):
            return None
        if given.ndim != 2 or given.shape[1] != len(known) or np.any(truth < 0) or not np.isfinite(given).all():
            return None
        found.append(given)
    return Probabilities(metric, ids, labels, np.stack(found)) if ids is not None and labels is not None else None


def _auroc(labels: NDArray[np.int64], given: Floats, weights: Floats) -> Floats:
    """The area under the ROC curve; of more than two classes the mean of each against the rest, as in the lab.

    It is the probability that a row of the class gets more than a row of another, ties counting half (Hanley & McNeil
    1982, Radiology 143, 29-36). A class that does not come up in a resample is left out of the mean there.
    """
    classes = range(1, 2) if given.shape[1] == 2 else range(given.shape[1])
    areas = np.stack([_area(labels == code, given[:, code], weights) for code in classes])
    there = np.isfinite(areas)
    total = np.where(there, areas, 0).sum(0)
    mean: Floats = np.divide(total, there.sum(0), out=np.full(weights.shape[1], np.nan), where=there.any(0))
    return mean


def _area(is_class: NDArray[np.bool_], given: Floats, weights: Floats) -> Floats:
    order = np.argsort(given, kind="stable")
    starts = np.flatnonzero(np.concatenate([[True], np.diff(given[order]) != 0]))
    positive = np.add.reduceat(np.where(is_class[order, None], weights[order], 0), starts, axis=0)
    negative = np.add.reduceat(np.where(is_class[order, None], 0, weights[order]), starts, axis=0)
    below = np.cumsum(negative, axis=0) - negative / 2
    pairs = positive.sum(0) * negative.sum(0)
    area: Floats = np.divide((positive * below).sum(0), pairs, out=np.full(weights.shape[1], np.nan), where=pairs > 0)
    return area


def _calibration_error(labels: NDArray[np.int64], given: Floats, weights: Floats) -> Floats:
    """The expected calibration error (Guo et al. 2017, arXiv 1706.04599, equation 3), as in the lab."""
    confidence = given.max(1)
    gap = (given.argmax(1) == labels) - confidence
    places = np.clip(np.ceil(confidence * BINS).astype(np.int64) - 1, 0, BINS - 1)
    bins = np.zeros((BINS, len(labels)))
    bins[places, np.arange(len(labels))] = gap
    error: Floats = np.abs(bins @ weights).sum(0) / weights.sum(0)
    return error
