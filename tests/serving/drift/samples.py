"""Rows for tests of drift: of the built-in corpora, answered by a small model that is trained in no time."""

import dataclasses
import functools
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from app.layout import PackageFolder
from app.results import DatasetRecord
from app.serving.drift.rows import Rows
from app.serving.package.manifest import Manifest, PackageScore, Parity, Source, write_manifest
from app.serving.registry.registry import Version
from benchmarks.drift import World, open_builtin
from tests.serving.packages import add_reference


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


def make_model(path: Path, reference: Rows | None, *, number: int = 0, kind: str = "text-classification") -> Version:
    """A package that says what it is and has a reference, but no graph: nobody asks it anything."""
    folder = PackageFolder(path)
    path.mkdir(parents=True)
    for file in (folder.model, folder.tokenizer, folder.labels):
        file.write_text("{}")
    labels = tuple(sorted(set(reference.predictions))) if reference else ("no", "yes")
    write_manifest(
        folder,
        Manifest(
            name="tiny",
            made=datetime(2026, 1, 1, tzinfo=UTC),
            kind=kind,
            labels=labels,
            text_columns=("text",),
            max_length=64,
            inputs=("input_ids",),
            precision="fp32",
            precision_reason="int8 was not tried",
            parameters=1,
            source=Source(benchmark="tiny", run_id="x", architecture="x", family="bert", seed=0, hyperparameters={}),
            dataset=DatasetRecord(path="builtin/intents", fingerprint="0" * 64, rows={"test": 8}, labels=labels),
            score=PackageScore(metric="accuracy", split="test", direction="max", value=0.5, rows=8, trained=0.5),
            parity=Parity(rows=8, agreement=1.0, largest_difference=0.0),
        ),
    )
    if reference:
        add_reference(folder, reference)
    return Version("tiny", number, folder, None)
