"""Ratings: what guests write about a house, and the stars they give it."""

from __future__ import annotations

from random import Random
from types import MappingProxyType

from app.lab.corpora.corpus import Corpus, Split
from app.lab.corpora.grammar import SPLITS, capitalise

__all__ = ["draw_corpus"]

_ASPECTS = ("room", "breakfast", "bed", "garden", "service", "view", "bath", "kitchen", "bar", "terrace")
# words, and the stars they add to three or take from them
_WORDS: tuple[tuple[tuple[str, ...], float], ...] = (
    (("dreadful", "appalling", "horrid"), -2.0),
    (("poor", "shabby", "tired"), -1.0),
    (("decent", "pleasant", "neat"), 1.0),
    (("superb", "splendid", "wonderful"), 2.0),
)
# the word may be far from what turns it round, and other remarks have such words too
_SAID = (
    "the {aspect} was {word}",
    "the {aspect} was {word}",
    "they say the {aspect} is {word}, and so it was",
    "friends had called the {aspect} {word}, and they were right",
)
_TURNED = (
    "they say the {aspect} is {word}, and it was the opposite",
    "friends had called the {aspect} {word}, and they were wrong",
)
_TURNED_ROUND = {False: "none turned round", True: "some turned round"}
_TURNS = 0.3  # share of the remarks
_EMPHASIS = ("what matters to us most: {}", "above all, {}")
_MARKED = 0.4  # share of the reviews with more than one remark
_WEIGHT = 3.0  # of the remark that matters most, against 1
_MIDDLE, _LEAST, _MOST = 3.0, 1.0, 5.0
_ROWS = (4000, 600, 1200)
_MOOD = 0.3  # stars: the standard deviation of what has nothing to do with the house


def draw_corpus(name: str, seed: int) -> Corpus:
    """The rows for this seed: remarks on one to three things, and a number of stars from 1 to 5, to a tenth."""
    random = Random(f"{name}/{seed}")
    seen: set[str] = set()
    return Corpus(
        name=name,
        question="How many stars does this guest give, from 1 to 5?",
        description=(
            "One to three remarks on a house, each with a word that is good or bad, and in three of ten remarks turned "
            "round (“they say the bed is superb, and it was the opposite”). One remark may be marked as the one that "
            "matters most: it counts three times. The stars are 3 and the weighted mean of the remarks. Which word is "
            "turned round, and which one counts, is told by its place alone: to add up words does not suffice. A mood "
            f"was added to each number: normal, with a standard deviation of {_MOOD} stars, cut at 1 and 5."
        ),
        labels=(),
        noise=None,
        splits=MappingProxyType(
            {split: _draw_split(random, rows, seen) for split, rows in zip(SPLITS, _ROWS, strict=True)}
        ),
    )


def _draw_split(random: Random, rows: int, seen: set[str]) -> Split:
    texts: list[str] = []
    clean: list[float] = []
    constructions: list[str] = []
    while len(texts) < rows:
        text, stars, construction = _write_review(random)
        if text not in seen:
            seen.add(text)
            texts.append(text)
            clean.append(stars)
            constructions.append(construction)
    labels = tuple(round(min(max(random.gauss(stars, _MOOD), _LEAST), _MOST), 1) for stars in clean)
    return Split(texts=(tuple(texts),), labels=labels, clean=tuple(clean), constructions=tuple(constructions))


def _write_review(random: Random) -> tuple[str, float, str]:
    """A review, its stars, and its construction."""
    aspects = random.sample(_ASPECTS, random.choice((1, 2, 3)))
    remarks, values, turned = zip(*(_write_remark(random, aspect) for aspect in aspects), strict=True)
    marked = random.randrange(len(aspects)) if len(aspects) > 1 and random.random() < _MARKED else None
    weights = [_WEIGHT if place == marked else 1.0 for place in range(len(aspects))]
    sentences = [
        random.choice(_EMPHASIS).format(remark) if place == marked else remark for place, remark in enumerate(remarks)
    ]
    mean = sum(weight * value for weight, value in zip(weights, values, strict=True)) / sum(weights)
    construction = f"{'one counts most' if marked is not None else 'all count alike'}, {_TURNED_ROUND[any(turned)]}"
    return " ".join(f"{capitalise(sentence)}." for sentence in sentences), _MIDDLE + mean, construction


def _write_remark(random: Random, aspect: str) -> tuple[str, float, bool]:
    """A remark, what it adds to the stars, and whether it is turned round."""
    words, value = random.choice(_WORDS)
    turned = random.random() < _TURNS
    template = random.choice(_TURNED if turned else _SAID)
    return template.format(aspect=aspect, word=random.choice(words)), -value if turned else value, turned
