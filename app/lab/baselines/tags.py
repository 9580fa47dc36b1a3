"""A baseline for tags: what each word is most often, wherever it stands."""

from __future__ import annotations

import time
from collections import Counter, defaultdict

import numpy as np
import numpy.typing as npt

from app.lab.baselines.baseline import Baseline, Columns
from app.lab.datasets import Split

__all__ = ["fit_tags"]

Shares = npt.NDArray[np.float32]


def fit_tags(train: Split, tags: int) -> Baseline:
    """Fit `most-frequent-tag`: each word gets its most frequent tag in train, an unknown one that of all words.

    It gives, for each sentence, the share of each tag among the word's in train: of shape (words, tags). Words are
    told apart by upper and lower case.
    """
    began = time.perf_counter()
    counts: defaultdict[str, Counter[int]] = defaultdict(Counter)
    for words, labels in zip(train.texts[0], train.labels, strict=True):
        for word, label in zip(words, labels, strict=True):
            counts[word][label] += 1
    known = {word: _share(seen, tags) for word, seen in counts.items()}
    unknown = _share(sum(counts.values(), Counter()), tags)

    def answer(columns: Columns) -> list[Shares]:
        return [np.stack([known.get(word, unknown) for word in words]) for words in columns[0]]

    return Baseline(answer, len(known) + 1, time.perf_counter() - began)


def _share(seen: Counter[int], tags: int) -> Shares:
    shares = np.zeros(tags, dtype=np.float32)
    shares[list(seen)] = list(seen.values())
    found: Shares = shares / shares.sum()
    return found
