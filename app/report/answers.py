"""What the first models of a benchmark said of each example, as arrays that line up between all their runs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pyarrow.compute
import pyarrow.parquet
from numpy.typing import NDArray

from app.integrity import is_intact
from app.report.gather import Record
from app.report.statistics.leaderboard import Row
from app.report.statistics.standings import Standing
from app.tasks import LANGUAGE, REGRESSION, TAGGING

__all__ = ["MODELS", "SEEDS", "Answers", "Model", "read_answers"]

MODELS, SEEDS = 12, 20  # that are read at most: a file each

Integers = NDArray[np.int64]
Values = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Model:
    """The answers of one architecture at its best setting, a row for each seed."""

    architecture: str
    said: Values  # (runs, examples): codes into Answers.names; numbers; of running text mean losses in nats a token
    confidence: Values | None = None  # (runs, examples): the probability of what was said
    entities: Values | None = None  # (runs, 2, examples): how many were predicted, and how many of these are right


@dataclass(frozen=True, eq=False, kw_only=True)
class Answers:
    """Models over the same examples. A code stands for a class; in token-classification for all tags of a sentence."""

    kind: str  # of the task
    ids: Integers  # (examples,), ascending
    truth: Values  # (examples,): codes, or numbers; of running text the scored tokens of a window
    names: tuple[str, ...]  # what codes stand for, the classes of the data first
    models: tuple[Model, ...]  # best first, no baseline among them
    baseline: Model | None  # the best of them
    entities: Integers | None  # (examples,): how many a sentence has
    beyond: int  # models with a score that are not read, being behind the first
    unread: tuple[str, ...]  # models whose predictions are gone, altered, or of other examples

    @property
    def shown(self) -> tuple[Model, ...]:
        """The models, and behind them the best baseline."""
        return (*self.models, *((self.baseline,) if self.baseline else ()))

    @property
    def leader(self) -> Model:
        """The best model; where there are but baselines, the best of these."""
        return self.shown[0]


def read_answers(record: Record, standings: Sequence[Standing]) -> Answers | None:
    """The predictions of the first `MODELS` models and of the best baseline, of `SEEDS` seeds each.

    None where there are none that can be read. The first file says which examples they are about; a model of which
    no file agrees with that is left out.
    """
    rows = [standing.row for standing in standings if standing.row.runs and math.isfinite(standing.row.score)]
    models = [row for row in rows if not row.is_baseline]
    baselines = [row for row in rows if row.is_baseline]
    reader = _Reader(record.dataset.kind, record.dataset.labels)
    found = [(row, _read_model(record, row, reader)) for row in (*models[:MODELS], *baselines[:1])]
    if reader.ids is None:
        return None
    return Answers(
        kind=record.dataset.kind,
        ids=reader.ids,
        truth=reader.truth,
        names=tuple(reader.known),
        models=tuple(model for row, model in found if model and not row.is_baseline),
        baseline=next((model for row, model in found if model and row.is_baseline), None),
        entities=reader.entities,
        beyond=max(0, len(models) - MODELS),
        unread=tuple(row.architecture for row, model in found if model is None),
    )


def _read_model(record: Record, row: Row, reader: _Reader) -> Model | None:
    places = [(record.folder.run(run.run_id).predictions, run) for run in row.runs[:SEEDS]]
    runs = [run for path, of in places if is_intact(path, of) and (run := reader.read(path)) is not None]
    if not runs:
        return None
    confidence, entities = [run.confidence for run in runs], [run.entities for run in runs]
    return Model(
        row.architecture,
        np.stack([run.said for run in runs]),
        None if any(values is None for values in confidence) else np.stack(confidence),  # type: ignore[arg-type]
        None if any(values is None for values in entities) else np.stack(entities),  # type: ignore[arg-type]
    )


@dataclass(frozen=True, eq=False)
class _Run:
    said: Values
    confidence: Values | None = None
    entities: Values | None = None


class _Reader:
    """Reads file after file; the first that is whole says which examples all others have to be about."""

    def __init__(self, kind: str, classes: Sequence[str]) -> None:
        self._kind = kind
        self.known = {} if kind == TAGGING.name else {name: code for code, name in enumerate(classes)}
        self.ids: Integers | None = None
        self.truth: Values = np.empty(0)
        self.entities: Integers | None = None

    def read(self, path: Path) -> _Run | None:
        """What the file says, in the order of ids; None where it is absent, torn, or of other examples."""
        try:
            with pyarrow.parquet.ParquetFile(path) as file:
                wanted = [name for name in _COLUMNS if name in file.schema_arrow.names]
                table = file.read(columns=wanted, use_threads=False)
            if not len(table) or any(column.null_count for column in table.columns):
                return None
            ids = np.asarray(table["id"].to_numpy(), dtype=np.int64)
            order = np.argsort(ids, kind="stable")
            truth = self._truth(table)[order]
            entities = table["entities"].to_numpy()[order] if self._kind == TAGGING.name else None
            if self.ids is None and np.all(np.diff(ids[order]) > 0):
                self.ids, self.truth, self.entities = ids[order], truth, entities
            if not (np.array_equal(ids[order], self.ids) and np.array_equal(truth, self.truth)):  # type: ignore[arg-type]
                return None
            return self._answers(table, order)
        except (OSError, ValueError, KeyError, TypeError):  # pyarrow's own errors are ValueErrors and KeyErrors
            return None

    def _truth(self, table: pyarrow.Table) -> Values:
        if self._kind in LANGUAGE:
            return np.asarray(table["tokens"].to_numpy(), dtype=np.int64)
        return self._values(table["label"])

    def _answers(self, table: pyarrow.Table, order: Integers) -> _Run:
        if self._kind in LANGUAGE:
            return _Run(table["nll"].to_numpy()[order] / np.maximum(self.truth, 1))
        said = self._values(table["prediction"])[order]
        if self._kind == TAGGING.name:
            return _Run(said, None, np.stack([table[name].to_numpy()[order] for name in ("predicted", "correct")]))
        has_scores = "score" in table.column_names
        return _Run(said, table["score"].to_numpy()[order].astype(np.float32) if has_scores else None)

    def _values(self, column: pyarrow.ChunkedArray) -> Values:
        """Numbers as they are, names as codes; the tags of a sentence are one name."""
        if self._kind == REGRESSION.name:
            return np.asarray(column.to_numpy(), dtype=np.float64)
        array = column.combine_chunks()
        if pyarrow.types.is_list(array.type):
            array = pyarrow.compute.binary_join(array, " ")
        encoded = array.dictionary_encode()
        codes = [self.known.setdefault(str(name), len(self.known)) for name in encoded.dictionary.to_pylist()]
        found: Values = np.asarray(codes, dtype=np.int32)[encoded.indices.to_numpy(zero_copy_only=False)]
        return found


_COLUMNS = ("id", "label", "prediction", "score", "entities", "predicted", "correct", "tokens", "nll")
