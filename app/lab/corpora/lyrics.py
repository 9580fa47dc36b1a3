"""Lyrics: songs with verses that rhyme, a refrain that comes back word for word, and one person throughout."""

from __future__ import annotations

from random import Random
from types import MappingProxyType

from app.lab.corpora.corpus import Corpus, Split
from app.lab.corpora.grammar import SPLITS
from app.lab.corpora.templates import fill

__all__ = ["RHYMES", "draw_corpus"]

# words that rhyme, a family of them a row
RHYMES = (
    ("night", "light", "knight", "sight", "flight"),
    ("day", "way", "bay", "clay", "hay"),
    ("sea", "tree", "key", "bee", "knee"),
    ("rain", "train", "lane", "crane", "grain"),
    ("snow", "glow", "crow", "bow", "show"),
    ("sound", "ground", "hound", "mound", "pound"),
    ("stone", "bone", "throne", "phone", "zone"),
    ("hill", "mill", "till", "quill", "grill"),
)
# who sings of whom: a name, and the words that have to agree with it
_PEOPLE = (
    ("Anna", "she", "her"),
    ("Clara", "she", "her"),
    ("Rosie", "she", "her"),
    ("Henry", "he", "his"),
    ("Oscar", "he", "his"),
    ("Willy", "he", "his"),
)
_LINES = (
    "{who} {deed} {place} {end}",
    "and {pronoun} {deed} {place} {end}",
    "{own} {thing} was {place} {end}",
    "with {own} {thing} {place} {end}",
    "oh {who}, {pronoun} {deed} {place} {end}",
)
_WORDS = {
    "deed": ("walks", "sings", "waits", "dreams", "rides", "runs", "sleeps", "dances"),
    "place": ("by the", "under the", "down the", "over the", "near the", "into the"),
    "thing": ("guitar", "lantern", "letter", "heart", "coat", "song", "horse", "boat"),
}
_REFRAINS = (
    "{call} {call}, {who}, {wish} {end}",
    "my {who}, oh my {who}, {wish} {end}",
    "{call}, my {who}, {wish} {end}",
)
_CALLS = {"call": ("hey", "la", "oh", "sing", "come"), "wish": ("come home to the", "stay by the", "turn from the")}
_ROWS = (1200, 150, 150)


def draw_corpus(name: str, seed: int) -> Corpus:
    """The songs for this seed, each a text of twelve lines: verse, refrain, verse, refrain."""
    random = Random(f"{name}/{seed}")
    seen: set[str] = set()
    return Corpus(
        name=name,
        question="How well can a model tell what comes next in a song?",
        description=(
            "Songs of two verses, each followed by the same refrain. The four lines of a verse rhyme, and so do the "
            "two of the refrain. One person is sung of throughout, and “she”, “her”, “he”, “his” agree with the name. "
            "What comes next often follows from what stands lines before: the rhyme of a line, the name, the words of "
            "the refrain. Who looks at the last character or word alone cannot know."
        ),
        labels=(),
        noise=None,
        splits=MappingProxyType(
            {split: _draw_split(random, rows, seen) for split, rows in zip(SPLITS, _ROWS, strict=True)}
        ),
    )


def _draw_split(random: Random, rows: int, seen: set[str]) -> Split:
    songs: list[str] = []
    while len(songs) < rows:
        song = _write_song(random)
        if song not in seen:
            seen.add(song)
            songs.append(song)
    return Split(texts=(tuple(songs),), labels=(), clean=())


def _write_song(random: Random) -> str:
    person = random.choice(_PEOPLE)
    first, second, last = random.sample(RHYMES, 3)
    refrain = _write_refrain(random, person, last)
    return "\n".join([*_write_verse(random, person, first), *refrain, *_write_verse(random, person, second), *refrain])


def _write_verse(random: Random, person: tuple[str, str, str], rhymes: tuple[str, ...]) -> list[str]:
    """Four lines that all rhyme."""
    who, pronoun, own = person
    ends = random.sample(rhymes, 4)
    names = {**_WORDS, "who": (who,), "pronoun": (pronoun,), "own": (own,)}
    return [fill(random, random.choice(_LINES), {**names, "end": (end,)}) for end in ends]


def _write_refrain(random: Random, person: tuple[str, str, str], rhymes: tuple[str, ...]) -> list[str]:
    names = {**_CALLS, "who": (person[0],)}
    return [fill(random, random.choice(_REFRAINS), {**names, "end": (end,)}) for end in random.sample(rhymes, 2)]
