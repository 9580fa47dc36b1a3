"""Old data and new: what a round trains on, and the common test split that both models are asked."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow
import pyarrow.parquet

from app.lab.datasets import Examples, Split

__all__ = ["Labelled", "Merged", "merge_examples", "write_splits"]


@dataclass(frozen=True)
class Labelled:
    """A served text that a person has labelled."""

    id: str
    text: tuple[str, ...]  # one, or the two of a pair
    label: str


@dataclass(frozen=True)
class Merged:
    """The splits of a round. The test split is that of the benchmark, and behind it what was held out of the new."""

    splits: Mapping[str, Split]
    added: int  # rows of train that are new
    held_out: int  # rows of test that are new
    corrected: int  # rows of train that had the same text and another label, and gave way
    known: int  # labelled texts that were left out: test or validation has them already
    unknown: int  # and those with a label that the data have not


def merge_examples(examples: Examples, labelled: Sequence[Labelled], *, test_share: float) -> Merged:
    """Lay what people have labelled over the data of a benchmark.

    Which of the new rows are held out depends on their ids alone: a row that was trained on in one round is never
    tested on in the next. A text that test or validation has already is never trained on.

    Args:
        examples: of a text-classification.
        labelled: by feedback, the later of two with one text counting.
        test_share: of them, for the test split.
    """
    index = {name: place for place, name in enumerate(examples.labels)}
    wanted = {item.text: item for item in labelled if item.label in index}
    reported = examples.evaluated
    closed = {row for name in {"validation", reported} for row in _rows(examples.splits[name])}
    fresh = [item for item in wanted.values() if item.text not in closed]
    held_out = [item for item in fresh if _draw(item.id) < test_share]
    trained = [item for item in fresh if _draw(item.id) >= test_share]
    train = examples.splits["train"]
    outdated = {item.text for item in fresh}
    kept = [place for place, row in enumerate(_rows(train)) if row not in outdated]
    splits = {
        **examples.splits,
        "train": _extend(train.take(kept), trained, index),
        reported: _extend(examples.splits[reported], held_out, index),
    }
    return Merged(
        splits=splits,
        added=len(trained),
        held_out=len(held_out),
        corrected=len(train) - len(kept),
        known=len(wanted) - len(fresh),
        unknown=len(labelled) - sum(item.label in index for item in labelled),
    )


def write_splits(merged: Merged, labels: Sequence[str], folder: Path) -> dict[str, str]:
    """Leave each split as a parquet file in `folder`; returns what a benchmark file says as `dataset.path`."""
    folder.mkdir(parents=True, exist_ok=True)
    found = {}
    for name in ("train", "validation", "test"):
        if name in merged.splits:
            split = merged.splits[name]
            names = [labels[label] for label in split.labels]
            path = folder / f"{name}.parquet"
            pyarrow.parquet.write_table(pyarrow.table({**split.columns, "label": names}), path)
            found[name] = str(path)
    return found


def _rows(split: Split) -> list[tuple[str, ...]]:
    return list(zip(*split.texts, strict=True))


def _extend(split: Split, items: Sequence[Labelled], index: Mapping[str, int]) -> Split:
    columns = tuple((*column, *(item.text[place] for item in items)) for place, column in enumerate(split.texts))
    return Split(columns, (*split.labels, *(index[item.label] for item in items)), names=split.names)


def _draw(key: str) -> float:
    """A number from 0 to 1 that belongs to the key, and looks drawn at random."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8]) / 2**64
