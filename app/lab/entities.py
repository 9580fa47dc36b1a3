"""The entities that a sequence of tags names, by the definition of conlleval, which is seqeval's too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.lab.tags import MARKS, split_tag

__all__ = ["Counts", "Entities", "count_entities", "describe_entities", "find_entities"]

_O, _B, _I, _E, _S = range(5)

Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Entities:
    """Entities in order. Places are counted over the words of all sentences, one sentence after the other."""

    types: Integers  # codes that are the same for the same names of tags
    begins: Integers  # place of the first word
    ends: Integers  # place of the last word


@dataclass(frozen=True)
class Counts:
    """Entities of each sentence, three arrays of shape (sentences,)."""

    true: Integers
    predicted: Integers
    correct: Integers  # predicted ones with the words and the type of a true one


def find_entities(tags: Integers, lengths: Integers, names: Sequence[str]) -> Entities:
    """The entities of sentences, all at once.

    An entity begins at `B` and `S`, at any other mark that follows `O`, `E` or `S`, and where the type changes; it
    ends likewise. So an `I-` without a `B-` before it begins one, as in the script of the CoNLL-2000 shared task
    (https://www.cnts.ua.ac.be/conll2000/chunking/conlleval.txt) and in seqeval without a scheme.

    Args:
        tags: indices into `names`, of shape (words,).
        lengths: words of each sentence; no entity goes over its end.
        names: of the tags: `O`, or a mark and a type.
    """
    marks, kinds = _read_names(names)
    mark, kind = marks[tags], kinds[tags]
    before, kind_before = _shift(mark, lengths, 1), _shift(kind, lengths, 1)
    after, kind_after = _shift(mark, lengths, -1), _shift(kind, lengths, -1)
    begins = _begins(before, mark, changes=kind_before != kind)
    ends = _ends(mark, after, changes=kind_after != kind)
    places = np.flatnonzero(begins)
    return Entities(types=kind[places], begins=places, ends=np.flatnonzero(ends))


def count_entities(truth: Integers, predicted: Integers, lengths: Integers, names: Sequence[str]) -> Counts:
    """How many entities each sentence has, was said to have, and how many of these are right."""
    true, found = find_entities(truth, lengths, names), find_entities(predicted, lengths, names)
    sentence = np.repeat(np.arange(len(lengths)), lengths)
    ends, types = np.full(len(truth), -1), np.full(len(truth), -1)
    ends[true.begins], types[true.begins] = true.ends, true.types
    right = (ends[found.begins] == found.ends) & (types[found.begins] == found.types)
    every = (true.begins, found.begins, found.begins[right])
    return Counts(*(np.bincount(sentence[begins], minlength=len(lengths)) for begins in every))


def describe_entities(words: Sequence[str], tags: Sequence[int], names: Sequence[str]) -> str:
    """The entities of one sentence as a person reads them: `Ada Bell (PER), Rome (LOC)`; a dash where it has none."""
    told = [f"{' '.join(words[begin : end + 1])} ({kind})" for kind, begin, end in _spans(tags, names)]
    return ", ".join(told) or "–"


def _spans(tags: Sequence[int], names: Sequence[str]) -> Iterator[tuple[str, int, int]]:
    found = find_entities(np.asarray(tags, dtype=np.int64), np.asarray([len(tags)]), names)
    for begin, end in zip(found.begins.tolist(), found.ends.tolist(), strict=True):
        yield (split_tag(names[tags[begin]]) or ("", ""))[1], begin, end


def _read_names(names: Sequence[str]) -> tuple[Integers, Integers]:
    """The mark and the type of each tag, as codes; what is no tag of an entity counts as `O`."""
    parts = [split_tag(name) for name in names]
    kinds = sorted({part[1] for part in parts if part})
    marks = [MARKS.index(part[0]) + 1 if part else _O for part in parts]
    return np.asarray(marks), np.asarray([kinds.index(part[1]) if part else -1 for part in parts])


def _shift(values: Integers, lengths: Integers, by: int) -> Integers:
    """Of each word the value of the one before it (1) or after it (-1); 0, which is `O`, over the end of a sentence."""
    shifted = np.roll(values, by)
    ends = np.cumsum(lengths)
    shifted[(ends - lengths if by == 1 else ends - 1)[lengths > 0]] = 0
    return shifted


def _begins(before: Integers, mark: Integers, *, changes: Flags) -> Flags:
    closed = np.isin(before, (_O, _E, _S))
    found: Flags = np.isin(mark, (_B, _S)) | ((mark != _O) & (closed | changes))
    return found


def _ends(mark: Integers, after: Integers, *, changes: Flags) -> Flags:
    opened = np.isin(after, (_O, _B, _S))
    found: Flags = np.isin(mark, (_E, _S)) | ((mark != _O) & (opened | changes))
    return found
