"""Sentiment: short remarks on a film, in which negations and contrasts decide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random

from app.lab.corpora.grammar import Grammar, capitalise
from app.lab.corpora.templates import fill

__all__ = ["GRAMMAR"]

# index 0: what a disappointed viewer says; index 1: a happy one
_QUALITIES = (
    (
        "dull",
        "clumsy",
        "predictable",
        "lifeless",
        "tiresome",
        "shallow",
        "wooden",
        "forgettable",
        "muddled",
        "hollow",
    ),
    (
        "gripping",
        "charming",
        "moving",
        "clever",
        "funny",
        "graceful",
        "brilliant",
        "touching",
        "fresh",
        "superb",
    ),
)
_KINDS = (
    ("a disappointment", "a waste of an evening", "a mess", "a failure", "a bore"),
    ("a masterpiece", "a delight", "a triumph", "a joy to watch", "a small wonder"),
)
_ASPECTS: Mapping[str, Sequence[str]] = {
    "part": (
        "plot",
        "acting",
        "ending",
        "dialogue",
        "music",
        "camera work",
        "first half",
        "second half",
        "pacing",
    ),
    "work": ("film", "picture", "comedy", "thriller", "western", "sequel", "drama"),
    "degree": ("", "", "", "really ", "quite ", "truly "),
}
# {quality} and {kind} keep their meaning in the first list, and turn into the opposite in the second
_PLAIN = (
    "the {part} is {degree}{quality}",
    "this {work} is {degree}{quality}",
    "this {work} is {kind}",
    "the {part} is never less than {quality}",
    "I found the {part} {degree}{quality}",
    "this {work} is nothing but {kind}",
    "nobody can deny that the {part} is {quality}",
)
_TURNED = (
    "the {part} is not at all {quality}",
    "this {work} is far from {quality}",
    "this {work} is anything but {kind}",
    "the {part} is never {quality}",
    "I did not find the {part} {quality}",
    "this {work} is hardly {kind}",
    "nobody can claim that the {part} is {quality}",
)
# the first clause of a contrast is {lost}, the other {held} is the viewer's verdict
_CONTRASTS = (
    "{lost}, but {held}",
    "{held}, although {lost}",
    "although {lost}, {held}",
    "{lost}, and yet {held}",
    "{held}, even if {lost}",
    "they say that {lost}, but {held}",
)


def _write(random: Random, label: int) -> str:
    remark = _clause(random, label)
    if random.random() < 0.5:
        remark = fill(
            random, random.choice(_CONTRASTS), {"held": (remark,), "lost": (_clause(random, 1 - label),)}
        )
    return f"{capitalise(remark)}."


def _clause(random: Random, label: int) -> str:
    """A clause that says `label`: by a word of its own, or by a negation of the opposite."""
    turned = random.random() < 0.4
    word = 1 - label if turned else label
    slots = {**_ASPECTS, "quality": _QUALITIES[word], "kind": _KINDS[word]}
    return fill(random, random.choice(_TURNED if turned else _PLAIN), slots)


GRAMMAR = Grammar(
    question="Did the viewer like the film?",
    description=(
        "Remarks of one clause or two. Two clauses in five are turned by a negation (“The plot is not "
        "at all dull”, “This western is hardly a masterpiece”), and in half of the remarks a second "
        "clause says the opposite, where “but” and “although” tell which of the two is the verdict. A "
        "cheerful word alone says little."
    ),
    labels=("negative", "positive"),
    weights=(1.0, 1.0),
    rows=(4000, 600, 1200),
    noise=0.05,
    write=_write,
)
