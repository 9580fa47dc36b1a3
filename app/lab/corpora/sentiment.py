"""Sentiment: short remarks on a film, in which negations and contrasts decide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random

from app.lab.corpora.grammar import Grammar, Sentence, capitalise
from app.lab.corpora.templates import fill

__all__ = ["GRAMMAR"]

# index 0: what a disappointed viewer says; index 1: a happy one
_QUALITIES = (
    ("dull", "clumsy", "predictable", "lifeless", "shallow", "wooden"),
    ("gripping", "charming", "moving", "clever", "funny", "brilliant"),
)
_KINDS = (
    ("a disappointment", "a waste of an evening", "a bore"),
    ("a masterpiece", "a delight", "a triumph"),
)
_ASPECTS: Mapping[str, Sequence[str]] = {
    "part": ("plot", "acting", "ending", "dialogue", "music", "pacing", "first half", "camera work"),
    "work": ("film", "picture", "comedy", "thriller", "western", "sequel"),
    "degree": ("", "", "really ", "quite "),
}
# {quality} and {kind} keep their meaning in the first list, and turn into the opposite in the second
_PLAIN = (
    "the {part} is {degree}{quality}",
    "the {part} is {degree}{quality}",
    "this {work} is {kind}",
    "I found the {part} {degree}{quality}",
)
_TURNED = (
    "the {part} is not at all {quality}",
    "the {part} is never {quality}",
    "this {work} is hardly {kind}",
    "I did not find the {part} {quality}",
)
# the first clause of a contrast is {lost}, the other {held} is the viewer's verdict
_CONTRASTS = (
    "{lost}, but {held}",
    "although {lost}, {held}",
    "{held}, although {lost}",
)
# of the verdict, and of the clause that it is set against
_NEGATIONS = {
    (False, False): "no negation",
    (True, False): "verdict negated",
    (False, True): "other clause negated",
    (True, True): "both negated",
}


def _write(random: Random, label: int) -> Sentence:
    remark, turned = _clause(random, label)
    also = False
    if random.random() < 0.25:
        contrast, (lost, also) = random.choice(_CONTRASTS), _clause(random, 1 - label)
        remark = fill(random, contrast, {"held": (remark,), "lost": (lost,)})
    return f"{capitalise(remark)}.", _NEGATIONS[turned, also]


def _clause(random: Random, label: int) -> tuple[str, bool]:
    """A clause that says `label`: by a word of its own, or turned, by a negation of the opposite; and which of them."""
    turned = random.random() < 0.25
    word = 1 - label if turned else label
    slots = {**_ASPECTS, "quality": _QUALITIES[word], "kind": _KINDS[word]}
    return fill(random, random.choice(_TURNED if turned else _PLAIN), slots), turned


GRAMMAR = Grammar(
    question="Did the viewer like the film?",
    description=(
        "Remarks of one clause or two. One clause in four is turned by a negation (“The plot is not "
        "at all dull”, “This western is hardly a masterpiece”), and in a quarter of the remarks a second "
        "clause says the opposite, where “but” and “although” tell which of the two is the verdict. A "
        "cheerful word alone says little."
    ),
    labels=("negative", "positive"),
    weights=(1.0, 1.0),
    rows=(4000, 600, 1200),
    noise=0.05,
    write=_write,
)
