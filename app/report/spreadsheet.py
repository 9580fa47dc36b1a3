"""Rows as comma-separated text, in which no cell is a formula."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence

__all__ = ["as_csv"]


def as_csv(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> str:
    """A heading and a line a row; empty where there is no value, and lists and mappings as JSON."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, columns, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({column: _as_text(value) for column, value in row.items()})
    return buffer.getvalue()


def _as_text(value: object) -> object:
    if isinstance(value, Mapping | list | tuple):
        return json.dumps(value, ensure_ascii=False)
    # a spreadsheet takes a text that begins like this for a formula
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")) else value
