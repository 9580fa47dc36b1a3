"""Predictions of classes, scored by metrics of choices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from app.report.statistics.samples.sample import Floats, digest_arrays, read_columns
from app.report.statistics.scores import METRICS, Tallies

__all__ = ["Classes", "read_classes"]


@dataclass(frozen=True, eq=False)
class Classes:
    """See `app.report.statistics.samples.sample.Sample`. Classes are codes into `names`."""

    metric: str
    names: tuple[str, ...]
    ids: NDArray[np.int64]  # (units,), ascending
    labels: NDArray[np.int64]  # (units,)
    predicted: NDArray[np.int64]  # (runs, units)

    @property
    def runs(self) -> int:
        return len(self.predicted)

    @property
    def units(self) -> int:
        return len(self.ids)

    @cached_property
    def key(self) -> str:
        # by their names: what is no class of the data is numbered in the order in which runs come up with it
        used, places = np.unique(self.labels, return_inverse=True)
        return digest_arrays([self.ids, np.array([self.names[code] for code in used], dtype=np.str_)[places]])

    def score(self, weights: Floats) -> Floats:
        if self.metric == "accuracy":
            shares: Floats = (self.predicted == self.labels) @ weights / weights.sum(0)
            return shares
        metric = METRICS[self.metric]
        actual = self._count(self.labels, weights)
        scores = []
        for choice in self.predicted:
            right = np.flatnonzero(choice == self.labels)
            hits = self._count(choice[right], weights[right])
            scores.append(metric(Tallies(hits=hits, predicted=self._count(choice, weights), actual=actual)))
        return np.stack(scores)

    def _count(self, codes: NDArray[np.int64], weights: Floats) -> Floats:
        """How often each class comes up, (resamples, classes)."""
        places = np.arange(len(codes))
        chosen = sparse.csr_array((np.ones(len(codes)), (codes, places)), shape=(len(self.names), len(codes)))
        counts: Floats = (chosen @ weights).T
        return counts


def read_classes(paths: Sequence[Path], metric: str, names: Sequence[str]) -> Classes | None:
    """The predictions at `paths`; None where they cannot be compared.

    That is: a file is absent or unreadable, has no rows, names a row twice, or the files differ in their rows or
    labels. Classes that `names` does not list are added behind it.
    """
    known = {name: code for code, name in enumerate(names)}
    ids: NDArray[np.int64] | None = None
    labels: NDArray[np.int64] | None = None
    predicted = []
    for path in paths:
        table = read_columns(path, ["id", "label", "prediction"])
        if table is None:
            return None
        here = np.asarray(table["id"].to_numpy(), dtype=np.int64)
        truth = _encode(table["label"].to_pylist(), known)
        if ids is None or labels is None:
            ids, labels = here, truth
        if not (np.array_equal(ids, here) and np.array_equal(labels, truth)):
            return None
        predicted.append(_encode(table["prediction"].to_pylist(), known))
    if ids is None or labels is None:
        return None
    return Classes(metric, tuple(known), ids, labels, np.stack(predicted))


def _encode(names: Sequence[object], known: dict[str, int]) -> NDArray[np.int64]:
    return np.array([known.setdefault(str(name), len(known)) for name in names], dtype=np.int64)
