"""Entities: people, places, organisations and dates in short news, where one name may be any of them."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from types import MappingProxyType

from app.lab.corpora.corpus import Corpus, Split
from app.lab.corpora.grammar import SPLITS, capitalise

__all__ = ["draw_corpus"]

Span = tuple[str, tuple[str, ...]]  # a type, or nothing, and words

_TYPES = ("DATE", "LOC", "ORG", "PER")
_TAGS = ("O", *(f"{mark}-{kind}" for kind in _TYPES for mark in "BI"))

# A name may be a surname, a place or a firm: what stands around it tells. Each is a beginning and an end; a third of
# them come up in validation and test alone.
_BEGINNINGS = (
    *("Ash", "Brad", "Cam", "Dal", "Ex", "Farn", "Gos", "Hal", "Ips", "Kes", "Lan", "Mar"),
    *("Nor", "Ox", "Pen", "Red", "Stan", "Til", "Up", "Ver", "Wal", "Whit", "Yar", "Wel"),
)
_ENDS = ("ford", "ton", "ham", "bury", "wick", "stead", "ley", "mouth", "field", "worth")
_NAMES = tuple(
    tuple(
        beginning + end
        for i, beginning in enumerate(_BEGINNINGS)
        for j, end in enumerate(_ENDS)
        if ((i + j) % 3 == 0) == is_new
    )
    for is_new in (False, True)
)
_FIRST = (
    ("Anna", "Boris", "Clara", "David", "Emma", "Frank", "Grace", "Henry", "April", "May", "June", "August"),
    ("Ivan", "Julia", "Karl", "Laura", "Martin", "Nora"),
)
_MONTHS = ("January", "April", "May", "June", "July", "August", "October", "December")
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_FIRMS = ("Motors", "Foods", "& Sons", "Airlines", "Bank", "Press")
_LANDS = ("New {}", "Lake {}", "{} Hills", "{} Bay")

# what is said, with places for entities; some of the small words are parts of names elsewhere
_CLAUSES = (
    "{PER} lives in {LOC}",
    "{PER} works for {ORG}",
    "{PER} said nothing",
    "{PER} said that {ORG} would leave {LOC}",
    "the mayor of {LOC} thanked {PER}",
    "a train to {LOC} was late",
    "heavy rain fell in {LOC} {DATE}",
    "shares of {ORG} rose {DATE}",
    "{ORG} hired {PER} {DATE}",
    "{ORG} opened an office in {LOC}",
    "workers at {ORG} went on strike {DATE}",
    "the owner of {ORG} sold it to {ORG}",
    "{PER} married {PER} in {LOC}",
    "the lawyer of {PER} flew to {LOC} {DATE}",
    "people in {LOC} like {PER}",
    "{PER} was born in {LOC} {DATE}",
    "the soldiers may march through {LOC}",
    "it may rain {DATE}",
    "the bank of the river was dry",
    "the airlines and the press saw new hills",
    "the two sons of {PER} play in the bay",
    "nobody at {ORG} knew {PER}",
)
_LINKS = (",", "and", "while", "but", ", and")
_ROWS = (3000, 500, 1000)
_NOISE = 0.05
_NEW = 0.3  # of the names in validation and test


def draw_corpus(name: str, seed: int) -> Corpus:
    """The rows for this seed; each text is its words, each label the tags of these (IOB2)."""
    random = Random(f"{name}/{seed}")
    seen: set[tuple[str, ...]] = set()
    return Corpus(
        name=name,
        question="Which words name a person, a place, an organisation or a date?",
        description=(
            "Short news, written by a grammar. The same name may be a person, a place or a firm (“Norton said”, “in "
            "Norton”, “shares of Norton”), and April a month or a woman; three in ten names in validation and test do "
            "not occur in train. So what a word is most often helps little: what stands around it has to be read. "
            "The type of one entity in twenty was replaced by another."
        ),
        labels=_TAGS,
        noise=_NOISE,
        splits=MappingProxyType(
            {split: _draw_split(random, rows, seen, split) for split, rows in zip(SPLITS, _ROWS, strict=True)}
        ),
    )


def _draw_split(random: Random, rows: int, seen: set[tuple[str, ...]], split: str) -> Split:
    sentences: list[list[Span]] = []
    while len(sentences) < rows:
        spans = _draw_sentence(random, _NEW if split != "train" else 0.0)
        words = _words(spans)
        if words not in seen:
            seen.add(words)
            sentences.append(spans)
    places = [(row, place) for row, spans in enumerate(sentences) for place, (kind, _) in enumerate(spans) if kind]
    noisy = [list(spans) for spans in sentences]
    for row, place in random.sample(places, round(len(places) * _NOISE)):
        kind, words = noisy[row][place]
        noisy[row][place] = random.choice([other for other in _TYPES if other != kind]), words
    return Split(
        texts=(tuple(map(_words, sentences)),),
        labels=tuple(map(_tags, noisy)),
        clean=tuple(map(_tags, sentences)),
    )


def _draw_sentence(random: Random, new: float) -> list[Span]:
    spans = _fill(random, random.choice(_CLAUSES), new)
    if random.random() < 0.5:
        spans += [("", (word,)) for word in random.choice(_LINKS).split()]
        spans += _fill(random, random.choice(_CLAUSES), new)
    kind, words = spans[0]
    return [(kind, (capitalise(words[0]), *words[1:])), *spans[1:], ("", (".",))]


def _fill(random: Random, clause: str, new: float) -> list[Span]:
    spans: list[Span] = []
    for word in clause.split():
        if not word.startswith("{"):
            spans.append(("", (word,)))
            continue
        kind = word.strip("{}")
        if kind == "DATE":
            before, date = _draw_date(random)
            spans.append(("", (before,)))
            spans.append((kind, tuple(date.split())))
        else:
            spans.append((kind, tuple(_NAMERS[kind](random, new).split())))
    return spans


def _draw_date(random: Random) -> tuple[str, str]:
    """The word before it, and the date."""
    month = random.choice(_MONTHS)
    return random.choice(
        (
            ("on", random.choice(_DAYS)),
            ("in", month),
            ("in", f"{month} {random.randrange(1990, 2030)}"),
            ("on", f"{random.randrange(1, 29)} {month}"),
        )
    )


def _name_person(random: Random, new: float) -> str:
    first, last = _pick(random, _FIRST, new), _pick(random, _NAMES, new)
    return random.choice((first, last, last, f"{first} {last}"))


def _name_place(random: Random, new: float) -> str:
    name = _pick(random, _NAMES, new)
    return random.choice((name, name, name, random.choice(_LANDS).format(name)))


def _name_firm(random: Random, new: float) -> str:
    name = _pick(random, _NAMES, new)
    longer = (f"{name} {random.choice(_FIRMS)}", f"University of {name}", f"Bank of {name}")
    return random.choice((name, name, random.choice(longer)))


_NAMERS = {"PER": _name_person, "LOC": _name_place, "ORG": _name_firm}


def _pick(random: Random, names: Sequence[Sequence[str]], new: float) -> str:
    return random.choice(names[random.random() < new])


def _words(spans: Sequence[Span]) -> tuple[str, ...]:
    return tuple(word for _, words in spans for word in words)


def _tags(spans: Sequence[Span]) -> tuple[int, ...]:
    tags = [
        f"{'B' if place == 0 else 'I'}-{kind}" if kind else "O" for kind, words in spans for place in range(len(words))
    ]
    return tuple(map(_TAGS.index, tags))
