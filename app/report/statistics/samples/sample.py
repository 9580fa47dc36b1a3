"""What the statistics ask of the predictions of some runs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

import numpy as np
import pyarrow
import pyarrow.parquet as parquet
from numpy.typing import NDArray

__all__ = ["Floats", "Sample", "digest_arrays", "read_columns"]

Floats = NDArray[np.float64]


class Sample(Protocol):
    """Runs over the same units, which chance could have drawn otherwise: rows, sentences, or windows of a text."""

    @property
    def runs(self) -> int:
        """How many runs."""

    @property
    def units(self) -> int:
        """How many units each of them was scored on."""

    @property
    def key(self) -> str:
        """A digest of the units and what is true of them: samples with equal keys can be compared unit by unit."""

    def score(self, weights: Floats) -> Floats:
        """The metric of each run where a unit comes up as often as `weights` say.

        Args:
            weights: of shape (units, resamples), each column adding up to the number of units.

        Returns:
            Scores of shape (runs, resamples).
        """


def digest_arrays(arrays: Iterable[NDArray[np.generic]]) -> str:
    """A short digest of what the arrays hold."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(f"{array.dtype} {array.shape}\n".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()[:16]


def read_columns(path: Path, names: list[str]) -> pyarrow.Table | None:
    """The named columns of a run's predictions, sorted by id; None without a readable file that has rows and them all.

    A file that names an id twice is as good as none.
    """
    try:
        table = parquet.read_table(path, columns=names, use_threads=False)
    except (OSError, ValueError):  # pyarrow's own errors are ValueErrors
        return None
    if table.column_names != names or not len(table):
        return None
    ids = np.asarray(table["id"].to_numpy())
    steps = np.diff(ids)
    if not np.all(steps > 0):
        order = np.argsort(ids, kind="stable")
        if not np.all(np.diff(ids[order]) > 0):
            return None
        table = table.take(order)
    return table
