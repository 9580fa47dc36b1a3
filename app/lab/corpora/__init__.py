"""Small corpora written by grammars: no download, the same rows everywhere, a known ceiling for scores."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from types import MappingProxyType

from app.lab.corpora import acceptability, intents, sentiment
from app.lab.corpora.grammar import Grammar

__all__ = ["Corpus", "Split", "load_corpus"]

_GRAMMARS: Mapping[str, Grammar] = {
    "acceptability": acceptability.GRAMMAR,
    "intents": intents.GRAMMAR,
    "sentiment": sentiment.GRAMMAR,
}
_SPLITS = ("train", "validation", "test")
_ATTEMPTS = 1000  # at one new sentence, before the grammar counts as exhausted


@dataclass(frozen=True)
class Split:
    """The rows of one split, in an order that says nothing."""

    texts: tuple[str, ...]
    labels: tuple[int, ...]  # what a model sees: indices into Corpus.labels, noise included
    clean: tuple[int, ...]  # what the grammar meant; its score against `labels` is the ceiling of any model's


@dataclass(frozen=True)
class Corpus:
    """A drawn corpus; no sentence is in two splits, or twice in one."""

    name: str
    question: str
    description: str
    labels: tuple[str, ...]
    noise: float  # share of rows, in each split, whose label was replaced by another
    splits: Mapping[str, Split]


@functools.cache
def load_corpus(name: str, seed: int = 0) -> Corpus:
    """The corpus of that name: the same rows for the same seed, on every machine.

    Raises:
        KeyError: there is no such corpus.
    """
    grammar = _GRAMMARS[name]
    random = Random(f"{name}/{seed}")
    seen: set[str] = set()
    splits = {
        split: _draw_split(grammar, random, rows, seen) for split, rows in zip(_SPLITS, grammar.rows, strict=True)
    }
    return Corpus(
        name=name,
        question=grammar.question,
        description=grammar.description,
        labels=grammar.labels,
        noise=grammar.noise,
        splits=MappingProxyType(splits),
    )


def _draw_split(grammar: Grammar, random: Random, rows: int, seen: set[str]) -> Split:
    clean = [label for label, count in enumerate(_apportion(grammar.weights, rows)) for _ in range(count)]
    random.shuffle(clean)
    texts = [_draw_new(grammar, random, label, seen) for label in clean]
    labels = list(clean)
    for index in random.sample(range(rows), round(rows * grammar.noise)):
        # one of the other labels, each as likely
        labels[index] = (clean[index] + 1 + random.randrange(len(grammar.labels) - 1)) % len(grammar.labels)
    return Split(texts=tuple(texts), labels=tuple(labels), clean=tuple(clean))


def _draw_new(grammar: Grammar, random: Random, label: int, seen: set[str]) -> str:
    for _ in range(_ATTEMPTS):
        text = grammar.write(random, label)
        if text not in seen:
            seen.add(text)
            return text
    raise AssertionError(f"the grammar has no further sentence for {grammar.labels[label]!r}")


def _apportion(weights: Sequence[float], rows: int) -> list[int]:
    """Whole counts that add up to `rows`, in proportion to `weights`; the first get what rounding leaves."""
    counts = [int(rows * weight / sum(weights)) for weight in weights]
    for index in range(rows - sum(counts)):
        counts[index] += 1
    return counts
