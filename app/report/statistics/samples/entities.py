"""How many entities runs found, sentence by sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.report.statistics.samples.sample import Floats, digest_arrays, read_columns
from app.report.statistics.scores import ENTITY_METRICS, Tallies

__all__ = ["Entities", "read_entities", "read_tokens"]


@dataclass(frozen=True, eq=False)
class Entities:
    """See `app.report.statistics.samples.sample.Sample`. Units are sentences."""

    metric: str
    ids: NDArray[np.int64]  # (units,), ascending
    true: NDArray[np.int64]  # (units,)
    predicted: NDArray[np.int64]  # (runs, units)
    correct: NDArray[np.int64]  # (runs, units)

    @property
    def runs(self) -> int:
        return len(self.predicted)

    @property
    def units(self) -> int:
        return len(self.ids)

    @cached_property
    def key(self) -> str:
        return digest_arrays([self.ids, self.true])

    def score(self, weights: Floats) -> Floats:
        true = np.broadcast_to(self.true, self.predicted.shape)
        # entities are counted as of one class
        hits, predicted, actual = ((counts @ weights)[..., None] for counts in (self.correct, self.predicted, true))
        return ENTITY_METRICS[self.metric](Tallies(hits=hits, predicted=predicted, actual=actual))


def read_tokens(paths: Sequence[Path]) -> Entities | None:
    """The tags at `paths`, counted as right or wrong: the share of the words with the right one is a recall.

    None where they cannot be compared, as with entities.
    """
    ids: NDArray[np.int64] | None = None
    words: NDArray[np.int64] | None = None
    found = []
    for path in paths:
        table = read_columns(path, ["id", "label", "prediction"])
        if table is None:
            return None
        pairs = list(zip(table["label"].to_pylist(), table["prediction"].to_pylist(), strict=True))
        here = np.asarray(table["id"].to_numpy(), dtype=np.int64)
        lengths = np.array([len(true) for true, _ in pairs], dtype=np.int64)
        if ids is None or words is None:
            ids, words = here, lengths
        if not (np.array_equal(ids, here) and np.array_equal(words, lengths)):
            return None
        found.append([sum(map(str.__eq__, true, said)) for true, said in pairs])
    if ids is None or words is None:
        return None
    right = np.array(found, dtype=np.int64)
    return Entities("entity_recall", ids, words, right, right)


def read_entities(paths: Sequence[Path], metric: str) -> Entities | None:
    """The counts in the predictions at `paths`; None where they cannot be compared.

    That is: a file is absent or unreadable, has no sentences, names one twice, or the files differ in their sentences.
    """
    ids: NDArray[np.int64] | None = None
    true: NDArray[np.int64] | None = None
    predicted, correct = [], []
    for path in paths:
        table = read_columns(path, ["id", "entities", "predicted", "correct"])
        if table is None:
            return None
        here, entities, said, right = (np.asarray(column.to_numpy(), dtype=np.int64) for column in table.columns)
        if ids is None or true is None:
            ids, true = here, entities
        if not (np.array_equal(ids, here) and np.array_equal(true, entities)):
            return None
        predicted.append(said)
        correct.append(right)
    if ids is None or true is None:
        return None
    return Entities(metric, ids, true, np.stack(predicted), np.stack(correct))
