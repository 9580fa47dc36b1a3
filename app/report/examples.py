"""The rows of the reported split, as the kernels of a benchmark kept them for its report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow
import pyarrow.parquet
from numpy.typing import NDArray

from app.layout import SLICE
from app.report.answers import Answers
from app.report.gather import Record

__all__ = ["Examples", "read_examples"]

TEXTS = ("text", "first", "second")


@dataclass(frozen=True, eq=False)
class Examples:
    """Rows that line up with `Answers`. A text is read when it is asked for: most never are."""

    words: NDArray[np.int64]  # (examples,), of the whole text
    slices: Mapping[str, pyarrow.ChunkedArray]  # column -> its value in each row, as text
    _table: pyarrow.Table

    def texts(self, row: int) -> tuple[str, ...]:
        """The text of a row, or the two of a pair; of long ones the beginning."""
        return tuple(self._table[name][row].as_py() for name in TEXTS if name in self._table.column_names)

    def label(self, row: int) -> str:
        """The true label as the kernel told it: of a sentence, its entities in words."""
        return str(self._table["label"][row].as_py()) if "label" in self._table.column_names else ""


def read_examples(record: Record, answers: Answers | None) -> Examples | None:
    """The rows that `answers` are about.

    None where `examples.parquet` is absent or torn, is of other data or another split, or lacks one of these rows; of
    running text also where the answers are about other windows.
    """
    if answers is None or record.primary is None:
        return None
    try:
        table = pyarrow.parquet.read_table(record.folder.examples)
        known = table.schema.metadata or {}
        wanted = {b"fingerprint": record.dataset.fingerprint.encode(), b"split": record.primary.split.encode()}
        if any(known.get(name) != value for name, value in wanted.items()):
            return None
        ids = np.asarray(table["id"].to_numpy(), dtype=np.int64)
        order = np.argsort(ids, kind="stable")
        places = np.minimum(np.searchsorted(ids[order], answers.ids), len(ids) - 1)
        if not len(ids) or not np.array_equal(ids[order][places], answers.ids):
            return None
        table = table.take(order[places])
        if "tokens" in table.column_names and not np.array_equal(table["tokens"].to_numpy(), answers.truth):
            return None
        slices = {name.removeprefix(SLICE): table[name] for name in table.column_names if name.startswith(SLICE)}
        return Examples(np.asarray(table["words"].to_numpy(), dtype=np.int64), slices, table)
    except (OSError, ValueError, KeyError, TypeError):  # pyarrow's own errors are ValueErrors and KeyErrors
        return None
