"""Acceptability: English sentences, and some that fail by one verb's number or by the order of phrases."""

from __future__ import annotations

from random import Random

from app.lab.corpora.grammar import Grammar, Sentence, capitalise

__all__ = ["GRAMMAR"]

Noun = tuple[str, str]  # singular, plural

UNACCEPTABLE, ACCEPTABLE = 0, 1


def _nouns(*pairs: str) -> tuple[Noun, ...]:
    return tuple((singular, plural) for singular, plural in (pair.split() for pair in pairs))


# what stands at the head of a subject, how it is tied to the noun after it, and what can be said of it
_SCENES: tuple[tuple[tuple[Noun, ...], str, tuple[Noun, ...], tuple[str, ...]], ...] = (
    (
        _nouns("key keys"),
        "to",
        _nouns("cabinet cabinets", "drawer drawers", "gate gates", "cellar cellars"),
        ("rusty", "missing", "made of brass"),
    ),
    (
        _nouns("painting paintings"),
        "of",
        _nouns("dancer dancers", "lighthouse lighthouses", "horse horses", "sailor sailors"),
        ("faded", "priceless", "out of focus"),
    ),
    (
        _nouns("label labels"),
        "on",
        _nouns("bottle bottles", "coat coats", "envelope envelopes", "jar jars"),
        ("hard to read", "faded", "green"),
    ),
    (
        _nouns("letter letters"),
        "from",
        _nouns("lawyer lawyers", "cousin cousins", "baker bakers", "sailor sailors"),
        ("overdue", "lost", "full of surprises"),
    ),
    (
        _nouns("story stories", "song songs"),
        "about",
        _nouns("ghost ghosts", "wolf wolves", "queen queens", "dancer dancers"),
        ("very sad", "too long", "full of surprises"),
    ),
    (
        _nouns("road roads"),
        "to",
        _nouns("village villages", "harbour harbours", "castle castles", "lighthouse lighthouses"),
        ("icy", "closed", "too long"),
    ),
    (
        _nouns("child children", "woman women"),
        "with",
        _nouns("kite kites", "violin violins", "suitcase suitcases", "horse horses"),
        ("tired", "lost", "late for lunch"),
    ),
    (
        _nouns("lamp lamps"),
        "above",
        _nouns("mirror mirrors", "table tables", "door doors", "drawer drawers"),
        ("broken", "priceless", "made of brass"),
    ),
)
_POINTERS = (("the", "the"), *(("this", "these"),) * 4)
_PLACES = _nouns("door doors", "window windows", "garden gardens", "station stations", "tree trees", "wall walls")
_NEAR = ("near", "behind", "beside")
_BE = (("is", "are"), ("was", "were"))
_VERBS = (*_BE, ("seems", "seem"))
_SHAPES = ("plain",) * 4 + ("question", "question", "clause", "clause", "after", "before")
# what an agreement is told across, by the shape of its sentence
_CONSTRUCTIONS = {
    "plain": "agreement across a noun",
    "question": "agreement in a question",
    "clause": "agreement across a clause",
    "after": "agreement across two nouns",
    "before": "agreement after a place",
}
_ORDER = "order of phrases"
_MOVED = ("followed", "surprised", "impressed", "annoyed")

_AGENTS = _nouns(
    "teacher teachers", "farmer farmers", "baker bakers", "sailor sailors", "lawyer lawyers", "queen queens"
)
_DEEDS: tuple[tuple[tuple[str, ...], tuple[Noun, ...], tuple[str, ...]], ...] = (
    (
        ("painted", "photographed", "visited"),
        _nouns("castle castles", "harbour harbours", "village villages", "garden gardens"),
        ("lovely", "too small", "full of surprises"),
    ),
    (
        ("wrote", "read", "forgot"),
        _nouns("letter letters", "story stories", "song songs", "poem poems"),
        ("very sad", "too long", "lost"),
    ),
    (
        ("repaired", "sold", "dropped"),
        _nouns("violin violins", "clock clocks", "lamp lamps", "kite kites"),
        ("priceless", "broken", "too small"),
    ),
)
_WHEN = ("last week", "in the spring", "before the storm", "on Monday", "at the fair", "after the war")


def _write(random: Random, label: int) -> Sentence:
    acceptable = label == ACCEPTABLE
    if random.random() < 0.65:
        sentence, shape = _agreement(random, acceptable)
        return capitalise(sentence), _CONSTRUCTIONS[shape]
    return capitalise(_order(random, acceptable)), _ORDER


def _agreement(random: Random, acceptable: bool) -> tuple[str, str]:
    """A sentence, and its shape."""
    heads, tie, others, sayings = random.choice(_SCENES)
    number = random.randrange(2)
    verb_number = number if acceptable else 1 - number
    noun = random.choice(heads)[number]
    # the numbers of the nouns in between are drawn freely, so that they say nothing about the verb's
    other = random.choice(others)[random.randrange(2)]
    place = f"{random.choice(_NEAR)} the {random.choice(_PLACES)[random.randrange(2)]}"
    saying = random.choice(sayings)
    shape = random.choice(_SHAPES)
    if shape == "question":
        # never “is this” or “are these”: neighbours must not give the answer away
        return f"{random.choice(_BE)[verb_number]} the {noun} {tie} the {other} {saying}?", shape
    head = f"{random.choice(_POINTERS)[number]} {noun}"
    verb = random.choice(_VERBS)[verb_number]
    if shape == "after":
        return f"{head} {tie} the {other} {place} {verb} {saying}.", shape
    if shape == "before":
        return f"{place} {head} {tie} the {other} {verb} {saying}.", shape
    if shape == "clause":
        agent = random.choice(_AGENTS)[random.randrange(2)]
        return f"{head} that {random.choice(_MOVED)} the {agent} {verb} {saying}.", shape
    return f"{head} {tie} the {other} {verb} {saying}.", shape


def _order(random: Random, acceptable: bool) -> str:
    """Either order of the phrases is right in one frame and wrong in the other: no pair of words decides."""
    deeds, things, sayings = random.choice(_DEEDS)
    number = random.randrange(2)
    agent, thing = random.choice(_AGENTS)[random.randrange(2)], random.choice(things)[number]
    deed, when = random.choice(deeds), random.choice(_WHEN)
    clause = f"the {agent} {deed} the {thing} {when}"
    phrase = f"the {thing} the {agent} {deed} {when}"
    if random.randrange(2):
        return f"{clause if acceptable else phrase}."
    return f"{phrase if acceptable else clause} {random.choice(_BE)[number]} {random.choice(sayings)}."


GRAMMAR = Grammar(
    question="Is this an English sentence?",
    description=(
        "Half of the sentences are English. In the others one verb has the number of no subject (“These "
        "keys to the cabinet is rusty.”), or two phrases have changed places (“The teacher read the "
        "poem last week was too long.”). Between a subject and its verb stand nouns of either number, "
        "and each order of phrases is right in one frame and wrong in another. So words, and pairs of "
        "neighbours, are as common in one class as in the other: to count them does not help, a model "
        "has to relate words that stand far apart."
    ),
    labels=("unacceptable", "acceptable"),
    weights=(1.0, 1.0),
    rows=(4000, 600, 1200),
    noise=0.05,
    write=_write,
)
