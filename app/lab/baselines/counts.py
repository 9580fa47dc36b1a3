"""Two baselines for running text, in closed form: how often each token comes, and what follows on what."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from transformers import PreTrainedTokenizerBase

from app.lab.baselines.baseline import Baseline, Columns
from app.lab.datasets import Split
from app.lab.language.losses import Sampled, TokenLosses
from app.lab.language.masks import body_length, hide_fixed, pick_blocks
from app.lab.language.stream import Ids, encode_stream, plan_windows
from app.lab.running import Running
from app.lab.vocabulary import train_tokenizer
from app.tasks import CAUSAL

__all__ = ["BIGRAM_WEIGHT", "CountBaseline", "Counts", "count_tokens", "fit_counts"]

BIGRAM_WEIGHT = 4.0  # tokens' worth of the unigram distribution, mixed into what followed on each token

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Counts:
    """Smoothed counts of a training text.

    Unigram: p(b) = (n(b) + 1) / (n + V), over all V tokens of the vocabulary. Bigram, interpolated with it:
    p(b | a) = (n(ab) + w p(b)) / (n(a) + w), with w = `BIGRAM_WEIGHT`, as MacKay & Peto 1995 (A hierarchical
    Dirichlet language model, Natural Language Engineering 1, 289-308) derive it from a Dirichlet prior.
    """

    unigram: Floats  # probabilities, (vocabulary,)
    before: Floats | None  # how often something followed on a token, (vocabulary,); None: no pairs were counted
    pairs: Ids  # a * vocabulary + b of the pairs that occur, in order
    pair_counts: Ids

    @property
    def parameters(self) -> int:
        """Probabilities that were estimated one by one."""
        return len(self.unigram) + len(self.pairs)

    def losses(self, ids: Ids) -> Floats:
        """The loss of each token given the one before it, in nats; of the first by its frequency: (tokens,)."""
        losses: Floats = -np.log(self.unigram[ids])
        if self.before is not None:
            a, b = ids[:-1], ids[1:]
            codes = a * len(self.unigram) + b
            places = np.minimum(np.searchsorted(self.pairs, codes), len(self.pairs) - 1)
            counts = np.where(self.pairs[places] == codes, self.pair_counts[places], 0)
            mixed = counts + BIGRAM_WEIGHT * self.unigram[b]
            losses[1:] = -np.log(mixed / (self.before[a] + BIGRAM_WEIGHT))
        return losses

    def following(self, token: int) -> Floats:
        """The probabilities of what follows on `token`: (vocabulary,)."""
        if self.before is None:
            return self.unigram
        vocabulary = len(self.unigram)
        first, last = np.searchsorted(self.pairs, [token * vocabulary, (token + 1) * vocabulary])
        counts = BIGRAM_WEIGHT * self.unigram
        counts[self.pairs[first:last] - token * vocabulary] += self.pair_counts[first:last]
        found: Floats = counts / counts.sum()
        return found


@dataclass(frozen=True)
class CountBaseline(Baseline):
    """Counts as a competitor: what it says of a text has the form of a language model's losses."""

    counts: Counts
    tokenizer: PreTrainedTokenizerBase

    @classmethod
    def of(
        cls, counts: Counts, tokenizer: PreTrainedTokenizerBase, running: Running, kind: str, seconds: float = 0.0
    ) -> CountBaseline:
        """The baseline that these counts make, for text that is read as `running` says."""

        def score(columns: Columns) -> TokenLosses:
            return _score(counts, tokenizer, Split((tuple(columns[0]),), (), running=running), kind)

        return cls(score, counts.parameters, seconds, counts, tokenizer)


def fit_counts(family: str, train: Split, kind: str) -> CountBaseline:
    """Fit `unigram` or `bigram` to the tokens of the training text, in the vocabulary of models from scratch.

    Of a masked model's task the unigram is a baseline too: it says the same of every hidden token.
    """
    assert train.running is not None
    began = time.perf_counter()
    tokenizer = train_tokenizer(train.texts[0], train.running.vocabulary)
    counts = count_tokens(encode_stream(train, tokenizer).ids, len(tokenizer), pairs=family == "bigram")
    return CountBaseline.of(counts, tokenizer, train.running, kind, time.perf_counter() - began)


def count_tokens(ids: Ids, vocabulary: int, *, pairs: bool) -> Counts:
    """Count the tokens of a text, and where `pairs` is set what follows on what."""
    occurrences = np.bincount(ids, minlength=vocabulary)
    unigram = (occurrences + 1.0) / (len(ids) + vocabulary)
    if not pairs:
        return Counts(unigram, None, np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64))
    codes, counts = np.unique(ids[:-1] * vocabulary + ids[1:], return_counts=True)
    before = np.bincount(ids[:-1], minlength=vocabulary).astype(np.float64)
    return Counts(unigram, before, codes, counts)


def _score(counts: Counts, tokenizer: PreTrainedTokenizerBase, split: Split, kind: str) -> TokenLosses:
    assert split.running is not None
    stream = encode_stream(split, tokenizer)
    if kind == CAUSAL.name:
        losses = counts.losses(stream.ids)
        windows = list(plan_windows(len(stream.ids), split.running.window))
        return TokenLosses(
            tokens=np.asarray([place.end - place.scored for place in windows]),
            nll=np.asarray([losses[place.scored : place.end].sum() for place in windows]),
            texts=tuple(tokenizer.batch_decode([stream.ids[place.scored : place.end].tolist() for place in windows])),
            vocabulary=len(counts.unigram),
            characters=stream.characters,
        )
    hidden = hide_fixed(stream.ids, body_length(tokenizer, split.running.window))
    sample = pick_blocks(hidden.blocks)
    losses = -np.log(counts.unigram)
    return TokenLosses(
        tokens=hidden.mask.sum(axis=1),
        nll=np.where(hidden.mask, losses[hidden.blocks], 0).sum(axis=1),
        texts=tuple(tokenizer.batch_decode(hidden.blocks.tolist())),
        vocabulary=len(counts.unigram),
        sampled=Sampled(sample.size, float(losses[sample].sum())),
    )
