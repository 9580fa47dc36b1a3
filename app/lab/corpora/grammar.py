"""What a built-in corpus is made from: labels, sizes, and a writer of one sentence for one label."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

__all__ = ["Grammar", "capitalise"]


@dataclass(frozen=True, kw_only=True)
class Grammar:
    """One corpus before it is drawn."""

    question: str
    description: str
    labels: tuple[str, ...]
    weights: tuple[float, ...]  # how often each label occurs, up to a factor
    rows: tuple[int, int, int]  # train, validation, test
    noise: float
    write: Callable[[Random, int], str]  # a sentence for the label with this index


def capitalise(sentence: str) -> str:
    """The sentence with a capital first letter, the rest as it is."""
    return sentence[0].upper() + sentence[1:]
