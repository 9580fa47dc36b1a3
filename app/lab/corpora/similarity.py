"""Similarity: pairs of sentences about an incident, and how much of it they have in common."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from types import MappingProxyType

from app.lab.corpora.corpus import Corpus, Split
from app.lab.corpora.grammar import SPLITS, capitalise

__all__ = ["draw_corpus"]

Scene = tuple[int, int, int, int, int]  # who, did what, to whom, where, when: indices of concepts

# the concepts of each part of a scene; each can be worded in several ways
_PEOPLE = (
    ("teacher", "schoolmaster"),
    ("doctor", "physician"),
    ("policeman", "constable"),
    ("baker", "bread maker"),
    ("lawyer", "attorney"),
    ("sailor", "seaman"),
)
_DEEDS = (
    ("thanked", "expressed gratitude to"),
    ("called", "telephoned"),
    ("helped", "assisted"),
    ("fooled", "deceived"),
    ("met", "came across"),
    ("praised", "commended"),
)
_PLACES = (
    ("at the shop", "in the store"),
    ("in the harbour", "at the port"),
    ("in the woods", "in the forest"),
    ("at the inn", "in the pub"),
    ("on the road", "in the street"),
)
_TIMES = (
    ("at dawn", "early in the morning"),
    ("at noon", "in the middle of the day"),
    ("at dusk", "when the sun went down"),
    ("last week", "seven days ago"),
    ("in winter", "when it was snowing"),
)
_PARTS: tuple[Sequence[Sequence[str]], ...] = (_PEOPLE, _DEEDS, _PEOPLE, _PLACES, _TIMES)
_WHO, _WHOM = 0, 2
_ROWS = (4000, 600, 1200)
_DISAGREEMENT = 0.4  # standard deviation of what a reader adds to the true similarity
_TOP = len(_PARTS)


def draw_corpus(name: str, seed: int) -> Corpus:
    """The rows for this seed: 0 for pairs with nothing in common, 5 for two wordings of one incident."""
    random = Random(f"{name}/{seed}")
    seen: set[tuple[str, str]] = set()
    return Corpus(
        name=name,
        question="How much of what these two sentences tell is the same, from 0 to 5?",
        description=(
            "Each sentence tells who did what to whom, where, and when. The similarity of a pair is the number of "
            "these five that are the same, whatever the words: each has two wordings (“the doctor”, “the physician”), "
            "and in some pairs the same two people have changed places. To count common words does not suffice. A "
            f"reader's disagreement was added to each number: normal, of standard deviation {_DISAGREEMENT}, cut at 0 "
            "and 5."
        ),
        labels=(),
        noise=None,
        splits=MappingProxyType(
            {split: _draw_split(random, rows, seen) for split, rows in zip(SPLITS, _ROWS, strict=True)}
        ),
    )


def _draw_split(random: Random, rows: int, seen: set[tuple[str, str]]) -> Split:
    pairs: list[tuple[str, str]] = []
    clean: list[float] = []
    while len(pairs) < rows:
        first = _draw_scene(random)
        second = _vary_scene(random, first, common=random.randrange(_TOP + 1))
        pair = _write(random, first), _write(random, second)
        if pair not in seen:
            seen.add(pair)
            pairs.append(pair)
            clean.append(float(sum(one == other for one, other in zip(first, second, strict=True))))
    labels = tuple(round(min(max(value + random.gauss(0, _DISAGREEMENT), 0.0), _TOP), 1) for value in clean)
    return Split(texts=tuple(zip(*pairs, strict=True)), labels=labels, clean=tuple(clean))


def _draw_scene(random: Random) -> Scene:
    who, whom = random.sample(range(len(_PEOPLE)), 2)
    deed, place, time = (random.randrange(len(concepts)) for concepts in (_DEEDS, _PLACES, _TIMES))
    return (who, deed, whom, place, time)


def _vary_scene(random: Random, scene: Scene, common: int) -> Scene:
    """A scene that has about `common` parts in common with this one: nobody does a thing to himself."""
    kept = set(random.sample(range(_TOP), common))
    varied = [part if place in kept else _another(random, place, part) for place, part in enumerate(scene)]
    if not kept & {_WHO, _WHOM} and random.random() < 0.5:
        varied[_WHO], varied[_WHOM] = scene[_WHOM], scene[_WHO]
    while varied[_WHO] == varied[_WHOM]:
        changed = _WHO if _WHO not in kept else _WHOM
        varied[changed] = random.randrange(len(_PEOPLE))
    return (varied[0], varied[1], varied[2], varied[3], varied[4])


def _another(random: Random, place: int, concept: int) -> int:
    return (concept + 1 + random.randrange(len(_PARTS[place]) - 1)) % len(_PARTS[place])


def _write(random: Random, scene: Scene) -> str:
    who, deed, whom, place, time = (random.choice(concepts[part]) for concepts, part in zip(_PARTS, scene, strict=True))
    told = f"the {who} {deed} the {whom}"
    return capitalise(random.choice((f"{told} {place} {time}.", f"{time}, the {who} {deed} the {whom} {place}.")))
