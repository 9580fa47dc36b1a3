"""The labels of a data set as they were found, checked and encoded for its kind of task."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from app.errors import DataError
from app.lab.sources import RawSplit
from app.lab.tags import MARKS, OUTSIDE, split_tag
from app.tasks import CLASSIFICATION, REGRESSION, TAGGING

__all__ = ["Encoded", "encode_labels", "is_unlabelled"]

Encoded = tuple[dict[str, tuple[Any, ...]], tuple[str, ...]]
"""Split -> the label of each row, and the names that labels are indices into (none where they are numbers)."""


def encode_labels(kind: str, splits: Mapping[str, RawSplit], names: tuple[str, ...] | None) -> Encoded:
    """Classes as indices from 0 for text-classification, numbers for text-regression, tuples of the indices of tags for
    token-classification.

    Args:
        kind: of the task.
        splits: `train` among them; every split has rows.
        names: of the classes, where the source knows them; labels then are indices already.

    Raises:
        DataError: a label is missing, or none for this kind of task; train has one class, or one number, alone; a
            split has a class or a tag that train has not; a sentence has more or fewer tags than words.
    """
    return _ENCODERS[kind](splits, names)


def is_unlabelled(split: RawSplit) -> bool:
    """Whether every label is hidden: -1, as GLUE has it, or nothing at all; of tags each one."""
    return bool(split.labels) and all(
        all(tag is None or tag == -1 for tag in (label if isinstance(label, list) else [label]))
        for label in split.labels
    )


def _encode_classes(splits: Mapping[str, RawSplit], names: tuple[str, ...] | None) -> Encoded:
    for split in splits.values():
        _check_classes(split)
    train = splits["train"]
    values = sorted(set(train.labels), key=lambda value: (str(type(value)), value))
    if len(values) < 2:
        raise DataError(
            f"{train.place}: all {len(train.labels)} rows have the label {values[0]!r}; two classes are needed"
        )
    known = names or ()
    codes = {index: index for index in range(len(known))} if known else {value: i for i, value in enumerate(values)}
    trained = set(values) & set(codes)
    for split in splits.values():
        _check_unseen(split, sorted({str(label) for label in split.labels if label not in trained}), "labels")
    encoded = {name: tuple(codes[label] for label in split.labels) for name, split in splits.items()}
    return encoded, known or tuple(str(value) for value in values)


def _check_unseen(split: RawSplit, unseen: list[str], what: str) -> None:
    if unseen:
        shown = ", ".join(unseen[:8]) + (f" and {len(unseen) - 8} more" if len(unseen) > 8 else "")
        raise DataError(f"{split.place}: has {what} that train has not: {shown}; remove the rows, or add to train")


def _check_classes(split: RawSplit) -> None:
    for row, label in enumerate(split.labels, 1):
        _check_presence(split, row, label, hidden=-1)
        if not isinstance(label, str | int | float):
            raise DataError(f"{split.place}: row {row}: a label is a name or a whole number, not {label!r:.60}")
        if isinstance(label, float) and not label.is_integer():
            remedy = "give whole numbers or names, or set task.kind: text-regression"
            raise DataError(f"{split.place}: row {row}: label {label!r} is no class; {remedy}")


def _encode_numbers(splits: Mapping[str, RawSplit], _: tuple[str, ...] | None) -> Encoded:
    encoded = {
        name: tuple(_read_number(split, row, label) for row, label in enumerate(split.labels, 1))
        for name, split in splits.items()
    }
    train = encoded["train"]
    if len(set(train)) < 2:
        place = splits["train"].place
        raise DataError(f"{place}: all {len(train)} rows have the label {train[0]!r}; there is nothing to learn")
    return encoded, ()


def _read_number(split: RawSplit, row: int, label: object) -> float:
    _check_presence(split, row, label)
    try:
        number = float(label) if isinstance(label, str | int | float) and not isinstance(label, bool) else math.nan
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        remedy = "text-regression takes finite numbers; for names set task.kind: text-classification"
        raise DataError(f"{split.place}: row {row}: label {label!r:.60} is no number; {remedy}")
    return number


def _encode_tags(splits: Mapping[str, RawSplit], names: tuple[str, ...] | None) -> Encoded:
    read = {
        name: tuple(_read_tags(split, row, names) for row in range(len(split.labels))) for name, split in splits.items()
    }
    trained = {tag for tags in read["train"] for tag in tags}
    place = splits["train"].place
    if OUTSIDE not in trained:
        raise DataError(f"{place}: no word has the tag {OUTSIDE}, of words outside of every entity")
    if len(trained) < 2:
        raise DataError(f"{place}: every word has the tag {OUTSIDE}; there is no entity to learn")
    for name, split in splits.items():
        _check_unseen(split, sorted({tag for tags in read[name] for tag in tags} - trained), "tags")
    order = names or tuple(sorted(trained, key=lambda tag: (tag != OUTSIDE, (split_tag(tag) or ("", ""))[::-1])))
    codes = {tag: code for code, tag in enumerate(order)}
    return {name: tuple(tuple(codes[tag] for tag in tags) for tags in rows) for name, rows in read.items()}, order


def _read_tags(split: RawSplit, index: int, names: tuple[str, ...] | None) -> tuple[str, ...]:
    place, tags, words = f"{split.place}: row {index + 1}", split.labels[index], split.texts[0][index] or ()
    if not isinstance(tags, list | tuple):
        raise DataError(f"{place}: the label is {tags!r:.60}; token-classification wants a list of tags, one a word")
    if len(tags) != len(words):
        raise DataError(f"{place}: has {len(words)} words and {len(tags)} tags; each word takes one")
    return tuple(_read_tag(f"{place}: word {word}", tag, names) for word, tag in enumerate(tags, 1))


def _read_tag(place: str, tag: object, names: tuple[str, ...] | None) -> str:
    if isinstance(tag, int) and not isinstance(tag, bool) and 0 <= tag < len(names or ()):
        tag = (names or ())[tag]
    if not isinstance(tag, str):
        remedy = "give names, or a data set whose column is a list of ClassLabel, which says what its numbers stand for"
        raise DataError(f"{place}: the tag is {tag!r:.60}, and no name; {remedy}")
    if tag != OUTSIDE and split_tag(tag) is None:
        allowed = f"{OUTSIDE}, or {', '.join(MARKS[:-1])} or {MARKS[-1]} with a type, as in B-PER"
        raise DataError(f"{place}: {tag!r:.60} is no tag of an entity; allowed: {allowed}")
    return tag


def _check_presence(split: RawSplit, row: int, label: object, hidden: int | None = None) -> None:
    if label is None or label == "" or (hidden is not None and label == hidden):
        what = "empty" if hidden is None else f"empty, or {hidden}, which stands for a hidden one"
        raise DataError(f"{split.place}: row {row}: has no label ({what})")


_ENCODERS: Mapping[str, Callable[[Mapping[str, RawSplit], tuple[str, ...] | None], Encoded]] = {
    CLASSIFICATION.name: _encode_classes,
    REGRESSION.name: _encode_numbers,
    TAGGING.name: _encode_tags,
}
