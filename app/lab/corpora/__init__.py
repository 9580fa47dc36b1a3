"""Small corpora written by grammars: no download, the same rows everywhere, a known ceiling for scores."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping

from app.lab.corpora import acceptability, entities, intents, lyrics, ratings, sentiment
from app.lab.corpora.corpus import Corpus, Split
from app.lab.corpora.grammar import Grammar, draw_corpus

__all__ = ["Corpus", "Split", "load_corpus"]

_GRAMMARS: Mapping[str, Grammar] = {
    "acceptability": acceptability.GRAMMAR,
    "intents": intents.GRAMMAR,
    "sentiment": sentiment.GRAMMAR,
}
_OTHERS: Mapping[str, Callable[[str, int], Corpus]] = {  # by name and seed
    "entities": entities.draw_corpus,
    "lyrics": lyrics.draw_corpus,
    "ratings": ratings.draw_corpus,
}


@functools.cache
def load_corpus(name: str, seed: int = 0) -> Corpus:
    """The corpus of that name: the same rows for the same seed, on every machine.

    Raises:
        KeyError: there is no such corpus.
    """
    return _OTHERS[name](name, seed) if name in _OTHERS else draw_corpus(_GRAMMARS[name], name, seed)
