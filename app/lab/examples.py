"""The rows of the reported split as the models got them, kept once for a benchmark: what its report quotes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow
import pyarrow.parquet

from app.lab.datasets import Examples, Split
from app.lab.entities import describe_entities
from app.lab.language.losses import TokenLosses
from app.layout import SLICE, BenchmarkFolder
from app.results import write_atomically

__all__ = ["write_examples"]

CHARACTERS = 2000  # of a text that are kept


def write_examples(folder: BenchmarkFolder, examples: Examples, losses: TokenLosses | None = None) -> None:
    """Write `examples.parquet` for the reported split, unless a whole one of the same rows is there.

    A row an example: `id`, as in predictions.parquet; `text`, or `first` and `second`, of each its first 2,000
    characters; `label`, the name of the class, a number, or the entities in words; `words`, how many the whole text
    has, a pair counted together; and `slice.NAME` for each column that scores are to be shown apart by. Of a language
    model a row is a window: `id`, `text`, `words` and `tokens`, how many were scored; runs of the same benchmark that
    read other tokens have other windows. The file's metadata say which data and which split it is of.

    Runs that end at the same time may write it both: the content is the same, and each file whole.

    Args:
        folder: of a benchmark.
        examples: the data.
        losses: of the windows, where the data are running text.

    Raises:
        OSError: it cannot be written.
    """
    split = examples.splits[examples.evaluated]
    known = {
        "fingerprint": examples.fingerprint,
        "split": examples.evaluated,
        "slices": _digest_slices(split.slices),
    }
    if _is_there(folder, known):
        return
    table = pyarrow.table(_windows(losses) if losses is not None else _rows(examples, split))
    buffer = pyarrow.BufferOutputStream()
    pyarrow.parquet.write_table(table.replace_schema_metadata(known), buffer, compression="zstd")
    write_atomically(folder.examples, buffer.getvalue().to_pybytes())


def _rows(examples: Examples, split: Split) -> Mapping[str, Any]:
    texts = {name: list(map(_cut, column)) for name, column in split.columns.items()}
    return {
        "id": range(len(split)),
        **texts,
        "label": _labels(examples, split),
        "words": [sum(map(_count_words, row)) for row in zip(*split.texts, strict=True)],
        **{f"{SLICE}{name}": list(map(_cut, values)) for name, values in split.slices.items()},
    }


def _labels(examples: Examples, split: Split) -> Sequence[str | float]:
    if split.in_words:
        rows = zip(split.texts[0], split.labels, strict=True)
        return [_cut(describe_entities(words, tags, examples.labels)) for words, tags in rows]
    return [examples.labels[label] for label in split.labels] if examples.labels else split.labels


def _windows(losses: TokenLosses) -> Mapping[str, Any]:
    return {
        "id": range(len(losses.texts)),
        "text": list(map(_cut, losses.texts)),
        "words": list(map(_count_words, losses.texts)),
        "tokens": losses.tokens.tolist(),
    }


def _is_there(folder: BenchmarkFolder, known: Mapping[str, str]) -> bool:
    """Whether a whole file of these data is there. Parquet ends with its metadata: a torn file has none to be read."""
    try:
        found = pyarrow.parquet.read_schema(folder.examples).metadata or {}
    except (OSError, ValueError):  # pyarrow's own errors are ValueErrors
        return False
    return all(found.get(name.encode()) == value.encode() for name, value in known.items())


def _digest_slices(slices: Mapping[str, Sequence[str]]) -> str:
    """Other columns, or other values in them, are other rows to a report, and the same ones to a model."""
    text = json.dumps({name: list(values) for name, values in slices.items()})
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _count_words(text: str | Sequence[str]) -> int:
    return len(text.split()) if isinstance(text, str) else len(text)


def _cut(text: str) -> str:
    return text[:CHARACTERS]
