"""What a run predicted, example by example, as arrays that line up between runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as parquet
from numpy.typing import NDArray

from app.report.statistics.scores import Tallies

__all__ = ["Predictions", "read_predictions"]


@dataclass(frozen=True, eq=False)
class Predictions:
    """Runs over the same examples. Classes are codes into `classes`."""

    classes: tuple[str, ...]
    ids: NDArray[np.int64]  # (examples,), ascending
    labels: NDArray[np.int64]  # (examples,)
    predicted: NDArray[np.int64]  # (runs, examples)

    @property
    def kinds(self) -> NDArray[np.int64]:
        """Examples that are equal here, (rows, examples), are interchangeable for every score."""
        return np.vstack([self.labels, self.predicted])

    def tally(self, kinds: NDArray[np.int64], weights: NDArray[np.float64]) -> list[Tallies]:
        """For each run the counts where each of `kinds` comes up as often as `weights` say, (resamples, kinds)."""
        identity = np.eye(len(self.classes))
        truth = identity[kinds[0]]
        return [
            Tallies(
                hits=weights @ (truth * identity[choice]), predicted=weights @ identity[choice], actual=weights @ truth
            )
            for choice in kinds[1:]
        ]

    def join(self, other: object) -> Predictions | None:
        """The runs of both; None where their examples or labels differ."""
        if not isinstance(other, Predictions):
            return None
        if not (np.array_equal(self.ids, other.ids) and np.array_equal(self.labels, other.labels)):
            return None
        if self.classes != other.classes:
            return None
        return Predictions(self.classes, self.ids, self.labels, np.concatenate([self.predicted, other.predicted]))


def read_predictions(paths: Sequence[Path], classes: Sequence[str]) -> Predictions | None:
    """The predictions at `paths`, sorted by example; None where they cannot be compared.

    That is: a file is absent or unreadable, has no examples, names an example twice, or the files differ in
    their examples or labels. Classes that `classes` does not list are added behind it, by name.
    """
    known = {name: code for code, name in enumerate(classes)}
    ids: NDArray[np.int64] | None = None
    labels: NDArray[np.int64] | None = None
    predicted = []
    for path in paths:
        try:
            table = parquet.read_table(path, columns=["id", "label", "prediction"])
        except (OSError, ValueError):  # pyarrow's own errors are ValueErrors
            return None
        here = np.asarray(table["id"].to_numpy(), dtype=np.int64)
        order = np.argsort(here, kind="stable")
        names = table["label"].to_pylist()
        for name in sorted(set(map(str, names)) - set(known)):
            known[name] = len(known)
        truth = _codes(names, known)[order]
        here = here[order]
        if ids is None or labels is None:
            ids, labels = here, truth
        if not (np.array_equal(ids, here) and np.array_equal(labels, truth)):
            return None
        predicted.append(_codes(table["prediction"].to_pylist(), known)[order])
    if ids is None or labels is None or not len(ids) or np.any(np.diff(ids) == 0):
        return None
    return Predictions(tuple(known), ids, labels, np.stack(predicted))


def _codes(names: Sequence[str], known: dict[str, int]) -> NDArray[np.int64]:
    return np.array([known.setdefault(str(name), len(known)) for name in names], dtype=np.int64)
