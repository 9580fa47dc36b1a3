"""Rows for tests of drift: of the built-in corpora, answered by a small model that is trained in no time."""

import dataclasses
import functools

import numpy as np

from app.serving.drift.rows import Rows
from benchmarks.drift import World, open_builtin


@functools.cache
def world() -> World:
    return open_builtin()


def usual(first: int, last: int) -> Rows:
    """Rows of the corpus that the model was made for, each of them at one place alone."""
    return world().own.take(range(first, last))


def unusual(first: int, last: int) -> Rows:
    """Rows of another corpus."""
    return world().other.take(range(first, last))


def without_texts(rows: Rows) -> Rows:
    return dataclasses.replace(rows, texts=(None,) * len(rows))


def with_labels(rows: Rows, labels) -> Rows:
    return dataclasses.replace(rows, labels=tuple(labels))


def shifted(rows: Rows, **changes) -> Rows:
    """The rows with columns of theirs replaced."""
    return dataclasses.replace(rows, **{name: np.asarray(values) for name, values in changes.items()})
