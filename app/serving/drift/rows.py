"""The two samples that are set against each other: rows the package was measured on, and rows it was asked since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from app.errors import PackageError
from app.layout import PackageFolder
from app.serving.store.records import Served

__all__ = ["Floats", "Rows", "gather_served", "read_reference"]

Floats = npt.NDArray[np.float64]
NEEDED = ("characters", "tokens", "unknown", "is_cut", "prediction", "confidence")
TEXTS = (("text",), ("first", "second"))


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows as columns, all of one length."""

    characters: Floats
    tokens: Floats
    unknown: Floats  # tokens that the vocabulary has no word for, as a share of the row's tokens
    is_cut: npt.NDArray[np.bool_]
    predictions: tuple[str, ...]  # empty where the kind has none
    confidence: Floats  # nan where it is not known
    texts: tuple[str | None, ...]  # of a pair both, with a line's end between them; None where it was not kept
    labels: tuple[str | None, ...]  # the true ones, as far as they are known
    times: tuple[str, ...] = ()  # of rows that were served, ISO 8601 in UTC

    def __len__(self) -> int:
        return len(self.characters)

    def take(self, places: Sequence[int]) -> Rows:
        """The rows at those places, in that order."""
        at = np.asarray(places, dtype=np.int64)
        return Rows(
            self.characters[at],
            self.tokens[at],
            self.unknown[at],
            self.is_cut[at],
            tuple(self.predictions[place] for place in at),
            self.confidence[at],
            tuple(self.texts[place] for place in at),
            tuple(self.labels[place] for place in at),
            tuple(self.times[place] for place in at) if self.times else (),
        )


def read_reference(folder: PackageFolder) -> Rows:
    """The rows of `reference.parquet` in a package.

    Raises:
        PackageError: it has none, or it cannot be read, or lacks a column.
    """
    import pyarrow
    import pyarrow.parquet

    remedy = "make the package anew with `python app.py package`"
    try:
        table = pyarrow.parquet.read_table(folder.reference)
    except FileNotFoundError:
        message = f"{folder.path}: has no {folder.reference.name}, so there is nothing to compare with; {remedy}"
        raise PackageError(message) from None
    except (pyarrow.ArrowException, OSError) as error:
        raise PackageError(f"{folder.reference}: cannot be read ({error}); {remedy}") from None
    missing = [name for name in NEEDED if name not in table.column_names]
    if missing:
        raise PackageError(f"{folder.reference}: has no column {', '.join(missing)}; {remedy}")
    columns: dict[str, list[Any]] = {name: table[name].to_pylist() for name in table.column_names}
    texts = next((names for names in TEXTS if all(name in columns for name in names)), ())
    nothing: list[Any] = [None] * table.num_rows
    return _as_rows(
        columns,
        [_join(row) for row in zip(*(columns[name] for name in texts), strict=True)] if texts else nothing,
        columns.get("label", nothing),
    )


def gather_served(served: Sequence[Served]) -> Rows:
    """Rows of the store."""
    columns = {name: [getattr(row, name) for row in served] for name in NEEDED}
    times = tuple(row.time for row in served)
    return _as_rows(columns, [_join(row.texts) for row in served], [row.label for row in served], times)


def _as_rows(
    columns: dict[str, list[Any]], texts: Sequence[str | None], labels: Sequence[Any], times: tuple[str, ...] = ()
) -> Rows:
    tokens = np.asarray(columns["tokens"], dtype=np.float64)
    return Rows(
        characters=np.asarray(columns["characters"], dtype=np.float64),
        tokens=tokens,
        unknown=np.asarray(columns["unknown"], dtype=np.float64) / np.maximum(tokens, 1),
        is_cut=np.asarray(columns["is_cut"], dtype=np.bool_),
        predictions=tuple("" if value is None else str(value) for value in columns["prediction"]),
        confidence=np.asarray(columns["confidence"], dtype=np.float64),  # None becomes nan
        texts=tuple(texts),
        labels=tuple(None if value is None else str(value) for value in labels),
        times=times,
    )


def _join(texts: Sequence[str | None]) -> str | None:
    return "\n".join(text or "" for text in texts) if texts else None
