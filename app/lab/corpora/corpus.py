"""A built-in corpus once it is drawn: columns of texts, labels, and the labels before noise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Corpus", "Split"]


@dataclass(frozen=True)
class Split:
    """The rows of one split, in an order that says nothing."""

    texts: tuple[tuple[Any, ...], ...]  # one column, or two of a pair; strings, or tuples of words
    # what a model sees, noise included: indices into Corpus.labels (one a word), or numbers; of running text none
    labels: tuple[Any, ...]
    clean: tuple[Any, ...]  # what was meant; its score against `labels` is the ceiling of any model's
    constructions: tuple[str, ...] = ()  # how each text is made, in a word or two; empty where nothing tells them apart

    @property
    def columns(self) -> dict[str, tuple[str, ...]]:
        """What else is known of the rows: columns that scores can be shown apart by."""
        return {"construction": self.constructions} if self.constructions else {}


@dataclass(frozen=True)
class Corpus:
    """A drawn corpus; no sentence, and no pair, is in two splits, or twice in one."""

    name: str
    question: str
    description: str
    labels: tuple[str, ...]  # names of the classes; none where labels are numbers
    noise: (
        float | None
    )  # share of rows, in each split, whose label was replaced by another; None: another kind of noise
    splits: Mapping[str, Split]
