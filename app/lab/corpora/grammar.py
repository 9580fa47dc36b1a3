"""A corpus of sentences in classes: what a grammar of it says, and how its rows are drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from types import MappingProxyType

from app.lab.corpora.corpus import Corpus, Split

__all__ = ["SPLITS", "Grammar", "Sentence", "capitalise", "draw_corpus"]

SPLITS = ("train", "validation", "test")
Sentence = tuple[str, str]  # the text, and its construction in a word or two
_ATTEMPTS = 1000  # at one new sentence, before the grammar counts as exhausted


@dataclass(frozen=True, kw_only=True)
class Grammar:
    """One corpus before it is drawn."""

    question: str
    description: str
    labels: tuple[str, ...]
    weights: tuple[float, ...]  # how often each label occurs, up to a factor
    rows: tuple[int, int, int]  # train, validation, test
    noise: float
    write: Callable[[Random, int], Sentence]  # one for the label with this index


def capitalise(sentence: str) -> str:
    """The sentence with a capital first letter, the rest as it is."""
    return sentence[0].upper() + sentence[1:]


def draw_corpus(grammar: Grammar, name: str, seed: int) -> Corpus:
    """The rows of `grammar` for this seed; `noise` of the labels of each split are replaced by others."""
    random = Random(f"{name}/{seed}")
    seen: set[str] = set()
    splits = {split: _draw_split(grammar, random, rows, seen) for split, rows in zip(SPLITS, grammar.rows, strict=True)}
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
    texts, constructions = zip(*(_draw_new(grammar, random, label, seen) for label in clean), strict=True)
    labels = list(clean)
    for index in random.sample(range(rows), round(rows * grammar.noise)):
        # one of the other labels, each as likely
        labels[index] = (clean[index] + 1 + random.randrange(len(grammar.labels) - 1)) % len(grammar.labels)
    return Split(texts=(texts,), labels=tuple(labels), clean=tuple(clean), constructions=constructions)


def _draw_new(grammar: Grammar, random: Random, label: int, seen: set[str]) -> Sentence:
    for _ in range(_ATTEMPTS):
        text, construction = grammar.write(random, label)
        if text not in seen:
            seen.add(text)
            return text, construction
    raise AssertionError(f"the grammar has no further sentence for {grammar.labels[label]!r}")


def _apportion(weights: Sequence[float], rows: int) -> list[int]:
    """Whole counts that add up to `rows`, in proportion to `weights`; the first get what rounding leaves."""
    counts = [int(rows * weight / sum(weights)) for weight in weights]
    for index in range(rows - sum(counts)):
        counts[index] += 1
    return counts
