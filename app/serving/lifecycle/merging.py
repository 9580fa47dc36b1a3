"""Old data and new: what a round trains on, and what its models are ranked on."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow
import pyarrow.parquet
from pydantic import BaseModel, ConfigDict

from app.checksums import seal_document, unseal_document
from app.lab.datasets import Examples, Split
from app.results import write_atomically
from app.serving.store.records import Example
from app.serving.store.store import Store
from app.tasks import CLASSIFICATION

__all__ = ["Merged", "Written", "merge_examples", "read_labelled", "read_merged", "write_merged"]

RECORD = "merged.json"  # beside the files of the splits, written last


@dataclass(frozen=True)
class Merged:
    """The splits of a round. The test split is that of the benchmark, and behind it what was held out of the new."""

    splits: Mapping[str, Split]
    added: int  # rows of train that are new
    held_out: int  # rows of test that are new
    corrected: int  # rows of train that had the same text and another label, and gave way
    known: int  # labelled texts that were left out: test or validation has them already
    unknown: int  # and those with a label that the data have not

    def examples(self, data: Examples) -> Examples:
        """The benchmark's data with these splits."""
        return replace(data, splits=self.splits)

    @property
    def counts(self) -> dict[str, int]:
        """What became of the new rows."""
        names = ("added", "held_out", "corrected", "known", "unknown")
        return {name: getattr(self, name) for name in names}


class Written(BaseModel):
    """What a round's notebook has left: the files of its splits, and what became of the new rows."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    splits: Mapping[str, str]  # split -> file
    counts: Mapping[str, int]


def read_labelled(store: str) -> tuple[Example, ...]:
    """What people have put right, as the store at that path knows it; nothing where there is none.

    Raises:
        StoreError: it cannot be read.
    """
    return Store(Path(store)).labelled().examples if store else ()


def merge_examples(examples: Examples, labelled: Sequence[Example], *, test_share: float) -> Merged:
    """Lay what people have labelled over the data of a benchmark.

    Which of the new rows are held out depends on their texts alone: a text that was trained on in one round is never
    tested on in the next. One that test or validation has already is never trained on.

    Args:
        examples: of a benchmark; only those of a text-classification take anything in.
        labelled: by feedback, as it was given: the later of two with one text counts.
        test_share: of them, for the test split.
    """
    if examples.kind != CLASSIFICATION.name:
        return Merged(examples.splits, added=0, held_out=0, corrected=0, known=0, unknown=len(labelled))
    index = {name: place for place, name in enumerate(examples.labels)}
    wanted = {item.texts: item for item in labelled if item.label in index}
    reported = examples.evaluated
    closed = {row for name in {"validation", reported} for row in _rows(examples.splits[name])}
    fresh = [item for item in wanted.values() if item.texts not in closed]
    held_out = [item for item in fresh if _draw(item.texts) < test_share]
    trained = [item for item in fresh if _draw(item.texts) >= test_share]
    train = examples.splits["train"]
    said = {item.texts: item.label for item in fresh}
    rows = list(zip(_rows(train), train.labels, strict=True))
    kept = [place for place, (row, _) in enumerate(rows) if row not in said]
    splits = {
        **examples.splits,
        "train": _extend(train.take(kept), trained, index),
        reported: _extend(examples.splits[reported], held_out, index),
    }
    return Merged(
        splits=splits,
        added=len(trained),
        held_out=len(held_out),
        corrected=sum(row in said and index[said[row]] != label for row, label in rows),
        known=len(wanted) - len(fresh),
        unknown=len(labelled) - sum(item.label in index for item in labelled),
    )


def write_merged(merged: Merged, labels: Sequence[str], folder: str) -> Mapping[str, str]:
    """Leave each split as a parquet file in `folder`, and a record of them; an empty `folder` keeps nothing.

    Returns:
        Split -> file: what a benchmark file says as `dataset.path`; none where no row is new.
    """
    if not folder:
        return {}
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    files = {}
    for name in ("train", "validation", "test"):
        if name in merged.splits and merged.added + merged.held_out:
            split = merged.splits[name]
            names = [labels[label] for label in split.labels]
            files[name] = str(place / f"{name}.parquet")
            pyarrow.parquet.write_table(pyarrow.table({**split.columns, "label": names}), files[name])
    written = Written(splits=files, counts=merged.counts)
    write_atomically(place / RECORD, seal_document(written.model_dump(mode="json")))
    return files


def read_merged(folder: Path) -> Written:
    """What `write_merged` has left there.

    Raises:
        OSError, ValueError: nothing, or it is not whole.
    """
    return Written.model_validate(unseal_document((folder / RECORD).read_bytes()))


def _rows(split: Split) -> list[tuple[str, ...]]:
    return list(zip(*split.texts, strict=True))


def _extend(split: Split, items: Sequence[Example], index: Mapping[str, int]) -> Split:
    columns = tuple((*column, *(item.texts[place] for item in items)) for place, column in enumerate(split.texts))
    return Split(columns, (*split.labels, *(index[item.label] for item in items)), names=split.names)


def _draw(texts: Sequence[str]) -> float:
    """A number from 0 to 1 that belongs to the texts, and looks drawn at random."""
    key = "\x1f".join(texts).encode(errors="surrogatepass")
    return int.from_bytes(hashlib.sha256(key).digest()[:8]) / 2**64
