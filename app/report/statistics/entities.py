"""How many entities a run found, sentence by sentence, as arrays that line up between runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as parquet
from numpy.typing import NDArray

from app.report.statistics.scores import Tallies

__all__ = ["EntityCounts", "read_counts"]


@dataclass(frozen=True, eq=False)
class EntityCounts:
    """Runs over the same sentences."""

    ids: NDArray[np.int64]  # (sentences,), ascending
    true: NDArray[np.int64]  # (sentences,)
    predicted: NDArray[np.int64]  # (runs, sentences)
    correct: NDArray[np.int64]  # (runs, sentences)

    @property
    def kinds(self) -> NDArray[np.int64]:
        """Sentences that are equal here, (rows, sentences), are interchangeable for every score."""
        return np.vstack([self.true, self.predicted, self.correct])

    def tally(self, kinds: NDArray[np.int64], weights: NDArray[np.float64]) -> list[Tallies]:
        """For each run the counts, as of one class, where each of `kinds` comes up as often as `weights` say."""
        actual, *sums = (weights @ kinds.T)[..., None].swapaxes(0, 1)
        runs = len(self.predicted)
        pairs = zip(sums[:runs], sums[runs:], strict=True)
        return [Tallies(hits=correct, predicted=predicted, actual=actual) for predicted, correct in pairs]

    def join(self, other: object) -> EntityCounts | None:
        """The runs of both; None where their sentences or the entities in them differ."""
        if not isinstance(other, EntityCounts):
            return None
        if not (np.array_equal(self.ids, other.ids) and np.array_equal(self.true, other.true)):
            return None
        predicted = np.concatenate([self.predicted, other.predicted])
        return EntityCounts(self.ids, self.true, predicted, np.concatenate([self.correct, other.correct]))


def read_counts(paths: Sequence[Path]) -> EntityCounts | None:
    """The counts in the predictions at `paths`, sorted by sentence; None where they cannot be compared.

    That is: a file is absent or unreadable, has no sentences, names one twice, or the files differ in their sentences.
    """
    found: EntityCounts | None = None
    for path in paths:
        try:
            table = parquet.read_table(path, columns=["id", "entities", "predicted", "correct"])
        except (OSError, ValueError):  # pyarrow's own errors are ValueErrors
            return None
        ids, true, predicted, correct = (np.asarray(column.to_numpy(), dtype=np.int64) for column in table.columns)
        order = np.argsort(ids, kind="stable")
        own = EntityCounts(ids[order], true[order], predicted[order][None], correct[order][None])
        found = own if found is None else found.join(own)
        if found is None:
            return None
    return found if found is not None and len(found.ids) and np.all(np.diff(found.ids) > 0) else None
