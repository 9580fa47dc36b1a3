"""A data set that can be trained on: checked splits of texts and labels."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.config import Dataset
from app.errors import DataError
from app.lab.labels import encode_labels, is_unlabelled
from app.lab.running import Running, cut_text, read_running, show_breaks
from app.lab.sources import RawSplit, Source, read_source
from app.results import DatasetRecord
from app.tasks import CLASSIFICATION, LANGUAGE

if TYPE_CHECKING:
    import pandas

__all__ = ["Examples", "Split", "load_examples"]

VALIDATION_SHARE = 0.1  # of train, where the source has no validation split
SPLITS: tuple[str, ...] = ("train", "validation", "test")
SPLIT_SEED = 0  # fixed: every run of a benchmark sees the same split


@dataclass(frozen=True)
class Split:
    """Rows of one split: `texts` has one column or two, all of one length."""

    texts: tuple[tuple[str, ...], ...]
    labels: tuple[Any, ...]  # of each row: the index of a class, or a number for text-regression
    clean: tuple[Any, ...] | None = None  # labels before noise, for the ceiling of a built-in corpus
    running: Running | None = None  # the rows are one text, for a language model; there are no labels then

    def __len__(self) -> int:
        return len(self.texts[0])

    def take(self, rows: Sequence[int]) -> Split:
        """The given rows, in their order."""
        return Split(
            tuple(tuple(column[row] for row in rows) for column in self.texts),
            tuple(self.labels[row] for row in rows) if self.running is None else (),
            None if self.clean is None else tuple(self.clean[row] for row in rows),
            self.running,
        )

    @property
    def columns(self) -> dict[str, tuple[str, ...]]:
        """The texts as a table shows them: `text`, or `first` and `second`."""
        return dict(zip(("text",) if len(self.texts) == 1 else ("first", "second"), self.texts, strict=True))


@dataclass(frozen=True)
class Examples:
    """A data set: `train` and `validation`, and `test` where the source has labels for it."""

    path: str
    revision: str | None
    labels: tuple[str, ...]  # class names; a label is an index into them; none where labels are numbers
    splits: Mapping[str, Split]
    fingerprint: str  # of the contents: the same rows in another file have the same
    validation_from_train: bool
    question: str | None = None
    description: str | None = None
    noise: float | None = None
    kind: str = CLASSIFICATION.name  # of the task
    cut: str | None = None  # in words: what running text lacked, and where it was taken from

    @property
    def evaluated(self) -> str:
        """The split that the leaderboard reports: `test`, or `validation` where test has no labels."""
        return "test" if "test" in self.splits else "validation"

    @property
    def rows(self) -> dict[str, int]:
        """Split -> number of rows."""
        return {name: len(split) for name, split in self.splits.items()}

    def show(self, split: str, rows: int) -> pandas.DataFrame:
        """The first rows of a split: texts, and the name of the class or the number."""
        import pandas

        some = self.splits[split].take(range(min(rows, len(self.splits[split]))))
        if some.running is not None:
            return pandas.DataFrame({"text": [show_breaks(text) for text in some.texts[0]]})
        labels = [self.labels[label] for label in some.labels] if self.labels else list(some.labels)
        return pandas.DataFrame({**some.columns, "label": labels})

    def record(self, ceiling: float | None = None) -> DatasetRecord:
        """The data as results and reports speak of them."""
        return DatasetRecord(
            kind=self.kind,
            path=self.path,
            revision=self.revision,
            fingerprint=self.fingerprint,
            rows=self.rows,
            labels=self.labels,
            validation_from_train=self.validation_from_train,
            cut=self.cut,
            question=self.question,
            description=self.description,
            noise=self.noise,
            ceiling=ceiling,
        )


def load_examples(dataset: Dataset, kind: str = CLASSIFICATION.name) -> Examples:
    """Read, check and split a data set for a task of `kind`.

    A missing validation split is cut from train: 10 %, of each class, by a fixed seed. A test split without labels
    (-1, as GLUE has it) is left out. `limit` takes a fixed random sample of each split.

    Raises:
        DataError: a split has no rows, an empty text, a label that is missing or not of this kind; train has one
            class; test or validation has a class that train has not; or the source cannot be read.
        HubError: the data set is on a hub that cannot be reached.
    """
    if kind in LANGUAGE:
        return _load_running(dataset, kind)
    source = read_source(dataset)
    splits, labels = _encode(source, kind)
    cut = "validation" not in splits
    if cut:
        splits["train"], splits["validation"] = _cut_validation(splits["train"], by_class=bool(labels))
    if dataset.limit is not None:
        limit = dataset.limit
        splits = {name: _sample(split, limit) for name, split in splits.items()}
    if len(set(splits["train"].labels)) < 2:
        raise DataError(f"{dataset.shown_path}: dataset.limit leaves train with one label; raise it")
    ordered = {name: splits[name] for name in SPLITS if name in splits}
    return Examples(
        path=dataset.shown_path,
        revision=dataset.revision,
        labels=labels,
        splits=ordered,
        fingerprint=_fingerprint(labels, ordered),
        validation_from_train=cut,
        question=source.question,
        description=source.description,
        noise=source.noise,
        kind=kind,
    )


def _load_running(dataset: Dataset, kind: str) -> Examples:
    """Running text: no labels, and splits that are missing are cut from train."""
    source = read_source(dataset, labelled=False)
    running = read_running(kind, dataset, continuous=source.continuous)
    raw = _known_splits(source)
    for split in raw.values():
        _check_texts(split, may_be_blank=source.continuous)
    rows = {name: tuple(str(text) for text in split.texts[0]) for name, split in raw.items()}
    if source.continuous:
        rows, cut = cut_text(rows)
        rows = {name: lines[: dataset.limit] for name, lines in rows.items()}
        splits = {name: Split((lines,), (), running=running) for name, lines in rows.items()}
    else:
        splits = {name: Split((texts,), (), running=running) for name, texts in rows.items()}
        cut = "" if "validation" in splits else "10 % of the rows of train, drawn at random, became validation."
        if cut:
            splits["train"], splits["validation"] = _cut_validation(splits["train"], by_class=False)
        splits = {name: _sample(split, dataset.limit or len(split)) for name, split in splits.items()}
    ordered = {name: splits[name] for name in SPLITS if name in splits}
    return Examples(
        path=dataset.shown_path,
        revision=dataset.revision,
        labels=(),
        splits=ordered,
        fingerprint=_fingerprint((running.joint,), ordered),
        validation_from_train="validation" not in raw,
        question=source.question,
        description=source.description,
        kind=kind,
        cut=cut or None,
    )


def _encode(source: Source, kind: str) -> tuple[dict[str, Split], tuple[str, ...]]:
    known = _known_splits(source)
    raw = {name: split for name, split in known.items() if name == "train" or not is_unlabelled(split)}
    for split in raw.values():
        _check_texts(split)
    labels, names = encode_labels(kind, raw, source.label_names)
    encoded = {
        name: Split(
            tuple(tuple(str(text) for text in column) for column in split.texts),
            labels[name],
            None if split.clean is None else tuple(split.clean),
        )
        for name, split in raw.items()
    }
    return encoded, names


def _known_splits(source: Source) -> Mapping[str, RawSplit]:
    if "train" not in source.splits:
        raise DataError(f"has no train split; it has {', '.join(source.splits) or 'no split known by name'}")
    return source.splits


def _check_texts(split: RawSplit, *, may_be_blank: bool = False) -> None:
    if not len(split.texts[0]):
        raise DataError(f"{split.place}: has no rows")
    if may_be_blank:
        return
    for row, texts in enumerate(zip(*split.texts, strict=True), 1):
        if any(text is None for text in texts) or not any(str(text).strip() for text in texts):
            raise DataError(f"{split.place}: row {row}: the text is empty; remove such rows")


def _cut_validation(train: Split, *, by_class: bool) -> tuple[Split, Split]:
    """Ten per cent, of each class where there are classes, by a fixed seed; a class of one row stays in train."""
    groups: dict[int, list[int]] = {}
    for row in range(len(train)):
        groups.setdefault(train.labels[row] if by_class else 0, []).append(row)
    draw = random.Random(SPLIT_SEED)
    chosen: set[int] = set()
    for label in sorted(groups):
        rows = groups[label]
        if len(rows) > 1:
            chosen.update(draw.sample(rows, max(1, round(len(rows) * VALIDATION_SHARE))))
    if not chosen:
        raise DataError("train is too small to cut a validation split from; give dataset.path.validation")
    kept = [row for row in range(len(train)) if row not in chosen]
    return train.take(kept), train.take(sorted(chosen))


def _sample(split: Split, limit: int) -> Split:
    if len(split) <= limit:
        return split
    return split.take(sorted(random.Random(SPLIT_SEED).sample(range(len(split)), limit)))


def _fingerprint(labels: Sequence[str], splits: Mapping[str, Split]) -> str:
    digest = hashlib.sha256(repr(tuple(labels)).encode())
    for name, split in splits.items():
        digest.update(f"\n{name} {len(split)} {len(split.texts)}\n".encode())
        for column in split.texts:
            for text in column:
                data = text.encode("utf-8", "surrogatepass")
                digest.update(len(data).to_bytes(8, "little") + data)
        digest.update(repr(split.labels).encode())
    return digest.hexdigest()[:16]
