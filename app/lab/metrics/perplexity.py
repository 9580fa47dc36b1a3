"""Scores of a language model: an `evaluate.Metric` module that needs no network."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import datasets
import evaluate
import numpy as np
import numpy.typing as npt

__all__ = ["PerplexityScores", "score_losses"]

Numbers = Sequence[float] | npt.NDArray[np.floating[Any]]
Counts = Sequence[int] | npt.NDArray[np.int64]

_LARGEST = 700.0  # nats: exp of more is no number


def _exponential(loss: float) -> float:
    return math.exp(loss) if loss < _LARGEST else math.inf


_SCORES: Mapping[str, Callable[[float, int, int | None], float]] = {
    "perplexity": lambda nll, tokens, _: _exponential(nll / tokens),
    "loss": lambda nll, tokens, _: nll / tokens,
    "bits_per_character": lambda nll, _, characters: nll / math.log(2) / characters if characters else math.nan,
}


def score_losses(name: str, losses: Numbers, tokens: Counts, characters: int | None = None) -> float:
    """One score, from summed losses: perplexity is exp of the mean loss, so that no small numbers are multiplied.

    Args:
        name: `perplexity`, `loss` (nats a token) or `bits_per_character`.
        losses: negative log-likelihoods in nats, each the sum over some tokens.
        tokens: how many tokens stand behind each of them.
        characters: of the text that all the tokens make; without it `bits_per_character` is nan.
    """
    nll, count = math.fsum(np.asarray(losses, dtype=np.float64).tolist()), int(np.sum(tokens))
    return float(_SCORES[name](nll, count, characters)) if math.isfinite(nll) else math.nan


class PerplexityScores(evaluate.Metric):  # type: ignore[misc]  # evaluate has no types
    """The scores of a text: `PerplexityScores().compute(predictions=losses, references=tokens, characters=...)`.

    Predictions are negative log-likelihoods in nats, each the sum over as many tokens as its reference says.
    """

    def __init__(self) -> None:
        super().__init__(keep_in_memory=True)

    def _info(self) -> evaluate.MetricInfo:
        return evaluate.MetricInfo(
            description="perplexity, mean loss, bits per character",
            citation="",
            inputs_description="predictions: summed losses in nats; references: numbers of tokens",
            features=datasets.Features(
                {"predictions": datasets.Value("float64"), "references": datasets.Value("int64")}
            ),
        )

    def _compute(self, *, predictions: Numbers, references: Counts, characters: int | None = None) -> dict[str, float]:
        return {name: score_losses(name, predictions, references, characters) for name in _SCORES}
