"""A data set that can be trained on: checked splits of texts and labels."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from app.config import Dataset
from app.errors import DataError
from app.lab.labels import encode_labels, is_unlabelled
from app.lab.running import Running, cut_text, read_running, show_breaks
from app.lab.sources import RawSplit, Source, read_source
from app.results import DatasetRecord
from app.tasks import CLASSIFICATION, LANGUAGE, TAGGING

if TYPE_CHECKING:
    import pandas

__all__ = ["Examples", "Split", "encode_texts", "load_examples"]

VALIDATION_SHARE = 0.1  # of train, where the source has no validation split
SPLITS: tuple[str, ...] = ("train", "validation", "test")
SPLIT_SEED = 0  # fixed: every run of a benchmark sees the same split


@dataclass(frozen=True)
class Split:
    """Rows of one split: `texts` has one column or two, all of one length."""

    texts: tuple[tuple[Any, ...], ...]  # strings; for token-classification tuples of words
    labels: tuple[Any, ...]  # of each row: the index of a class, a number, or the indices of its words' tags
    clean: tuple[Any, ...] | None = None  # labels before noise, for the ceiling of a built-in corpus
    names: tuple[str, ...] = ()  # what labels are indices into; none where they are numbers
    running: Running | None = None  # the rows are one text, for a language model; there are no labels then
    slices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # column -> its value in each row, as text

    def __len__(self) -> int:
        return len(self.texts[0])

    def take(self, rows: Sequence[int]) -> Split:
        """The given rows, in their order."""
        return Split(
            tuple(tuple(column[row] for row in rows) for column in self.texts),
            tuple(self.labels[row] for row in rows) if self.running is None else (),
            None if self.clean is None else tuple(self.clean[row] for row in rows),
            self.names,
            self.running,
            {column: tuple(values[row] for row in rows) for column, values in self.slices.items()},
        )

    @property
    def in_words(self) -> bool:
        """Whether a text is given as its words."""
        return bool(self.texts[0]) and isinstance(self.texts[0][0], tuple)

    @property
    def strings(self) -> tuple[tuple[str, ...], ...]:
        """The texts as strings; words are joined by spaces."""
        return tuple(tuple(map(" ".join, column)) for column in self.texts) if self.in_words else self.texts

    @property
    def columns(self) -> dict[str, tuple[str, ...]]:
        """The texts as a table shows them: `text`, or `first` and `second`."""
        return dict(zip(("text",) if len(self.texts) == 1 else ("first", "second"), self.strings, strict=True))


@dataclass(frozen=True)
class Examples:
    """A data set: `train` and `validation`, `test` where the source has labels for it, and further splits to score."""

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
    versions: Mapping[str, str] = field(default_factory=dict)  # split -> md5, of files that DVC tracks

    @property
    def evaluated(self) -> str:
        """The split that the leaderboard reports: `test`, or `validation` where test has no labels."""
        return "test" if "test" in self.splits else "validation"

    @property
    def rows(self) -> dict[str, int]:
        """Split -> number of rows."""
        return {name: len(split) for name, split in self.splits.items()}

    def show(self, split: str, rows: int) -> pandas.DataFrame:
        """The first rows of a split: texts, and the name of the class, the number, or the entities."""
        import pandas

        some = self.splits[split].take(range(min(rows, len(self.splits[split]))))
        if some.running is not None:
            return pandas.DataFrame({"text": [show_breaks(text) for text in some.texts[0]]})
        labels = [self.labels[label] for label in some.labels] if self.labels and not some.in_words else some.labels
        if some.in_words:
            from app.lab.entities import describe_entities

            labels = list(map(describe_entities, some.texts[0], some.labels, [self.labels] * len(some)))
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
            versions=self.versions,
        )


def load_examples(dataset: Dataset, kind: str = CLASSIFICATION.name) -> Examples:
    """Read, check and split a data set for a task of `kind`.

    A missing validation split is cut from train: 10 %, of each class, by a fixed seed. A test split without labels
    (-1, as GLUE has it) is left out. `limit` takes a fixed random sample of each split.

    Raises:
        DataError: a split has no rows, an empty text, a label that is missing or not of this kind; texts are words
            where strings are wanted, or the other way about; train has one class; test or validation has a class that
            train has not; or the source cannot be read.
        HubError: the data set is on a hub that cannot be reached.
    """
    if kind in LANGUAGE:
        return _load_running(dataset, kind)
    source = read_source(dataset)
    hidden = [name for name in dataset.extra_splits if is_unlabelled(source.splits[name])]
    if hidden:
        raise DataError(f"{source.splits[hidden[0]].place}: its labels are hidden (-1 or empty); it cannot be scored")
    splits, labels = _encode(source, kind)
    cut = "validation" not in splits
    if cut:
        by_class = kind == CLASSIFICATION.name
        splits["train"], splits["validation"] = _cut_validation(splits["train"], by_class=by_class)
    if dataset.limit is not None:
        limit = dataset.limit
        splits = {name: _sample(split, limit) for name, split in splits.items()}
    if len(set(_flatten(splits["train"]))) < 2:
        raise DataError(f"{dataset.shown_path}: dataset.limit leaves train with one label; raise it")
    ordered = {name: splits[name] for name in dict.fromkeys((*SPLITS, *splits)) if name in splits}
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
        versions=source.versions,
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
        versions=source.versions,
    )


def _encode(source: Source, kind: str) -> tuple[dict[str, Split], tuple[str, ...]]:
    known = _known_splits(source)
    raw = {name: split for name, split in known.items() if name == "train" or not is_unlabelled(split)}
    for split in raw.values():
        (_check_words if kind == TAGGING.name else _check_texts)(split)
    labels, names = encode_labels(kind, raw, source.label_names)
    encoded = {
        name: Split(
            tuple(tuple(map(tuple if kind == TAGGING.name else str, column)) for column in split.texts),
            labels[name],
            None if split.clean is None else tuple(split.clean),
            names,
            slices=_read_slices(split),
        )
        for name, split in raw.items()
    }
    return encoded, names


def _read_slices(split: RawSplit) -> dict[str, tuple[str, ...]]:
    """The columns that scores are to be shown apart by, as text; empty where there is no value."""
    for column, values in split.slices.items():
        for row, value in enumerate(values, 1):
            if isinstance(value, list | tuple | dict):
                message = f"{column!r} is {value!r:.60}, and no single value to show scores apart by (dataset.slices)"
                raise DataError(f"{split.place}: row {row}: {message}")
    return {name: tuple("" if value is None else str(value) for value in v) for name, v in split.slices.items()}


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
        if any(isinstance(text, list | tuple) for text in texts):
            remedy = "join its items, or set task.kind: token-classification"
            raise DataError(f"{split.place}: row {row}: the text is a list, where a string is wanted; {remedy}")


def _check_words(split: RawSplit) -> None:
    if not split.labels:
        raise DataError(f"{split.place}: has no rows")
    wanted = "token-classification wants a list of words in each row (json, jsonl, parquet, conll)"
    for row, words in enumerate(split.texts[0], 1):
        if words is not None and not isinstance(words, list | tuple):
            raise DataError(f"{split.place}: row {row}: the text is {words!r:.60}; {wanted}")
        for place, word in enumerate(words or (), 1):
            if not isinstance(word, str):
                raise DataError(f"{split.place}: row {row}: word {place} is {word!r:.60}, and no text; {wanted}")
        if not any(word.strip() for word in words or ()):
            raise DataError(f"{split.place}: row {row}: the sentence is empty; remove such rows")


def _flatten(split: Split) -> Iterable[Any]:
    """Every label, those of words one by one."""
    return (label for row in split.labels for label in row) if split.in_words else split.labels


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


def encode_texts(split: Split) -> Iterator[bytes]:
    """The texts for a hash: two splits give the same bytes if their texts are the same, word by word."""
    for column in split.texts:
        for text in column:
            if split.in_words:
                yield len(text).to_bytes(8, "little")
            for part in text if split.in_words else (text,):
                data = part.encode("utf-8", "surrogatepass")
                yield len(data).to_bytes(8, "little") + data


def _fingerprint(labels: Sequence[str], splits: Mapping[str, Split]) -> str:
    digest = hashlib.sha256(repr(tuple(labels)).encode())
    for name, split in splits.items():
        digest.update(f"\n{name} {len(split)} {len(split.texts)}\n".encode())
        for data in encode_texts(split):
            digest.update(data)
        digest.update(repr(split.labels).encode())
    return digest.hexdigest()[:16]
