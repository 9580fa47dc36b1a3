"""Columns whose values are lists, as files give them: the words of a sentence, and their tags."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.errors import DataError

if TYPE_CHECKING:
    import pyarrow

__all__ = ["check_alike", "read_conll", "tag_names"]


def check_alike(path: Path, column: str, values: Sequence[Any]) -> None:
    """A column of lists is one throughout, and what is in them is of one type."""
    if not any(isinstance(value, list) for value in values):
        return
    kinds = {type(item) for value in values if isinstance(value, list) for item in value if item is not None}
    wanted = next((kind for kind in (str, *kinds) if kind in kinds), object)
    for number, value in enumerate(values, 1):
        if value is not None and not isinstance(value, list):
            raise DataError(f"{path}: row {number}: {column!r} is {value!r:.60}, and in other rows a list")
        for place, item in enumerate(value or (), 1):
            if item is not None and not isinstance(item, wanted):
                message = f"item {place} of {column!r} is {item!r:.60}, and others are {wanted.__name__}"
                raise DataError(f"{path}: row {number}: {message}")


def read_conll(path: Path, text: str) -> list[list[tuple[str, str]]]:
    """Sentences of words with their tags: a word a line, its tag in the last column, empty lines between sentences."""
    sentences: list[list[tuple[str, str]]] = [[]]
    for number, line in enumerate(text.split("\n"), 1):
        columns = line.replace("\t", " ").rstrip("\r ").split(" ")  # other spaces may be part of a word
        if columns[0] in ("", "-DOCSTART-"):
            sentences.append([])
        elif len(columns) == 1:
            raise DataError(f"{path}: line {number}: has one column; a word and, in the last, its tag are wanted")
        else:
            sentences[-1].append((columns[0], columns[-1]))
    return [sentence for sentence in sentences if sentence]


def tag_names(table: pyarrow.Table, label: str) -> tuple[str, ...] | None:
    """What the numbers in a column of lists stand for, where the file says so as `datasets` does (ClassLabel)."""
    try:
        features = json.loads((table.schema.metadata or {})[b"huggingface"])["info"]["features"]
        return tuple(features[label]["feature"]["names"])
    except (KeyError, TypeError, ValueError):
        return None
