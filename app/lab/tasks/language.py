"""Language modelling: how likely a text is, token by token. Outputs are `TokenLosses`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from app.drawing import Picture
from app.lab import charts
from app.lab.baselines import Baseline, fit_counts
from app.lab.datasets import Examples, Split
from app.lab.language.losses import TokenLosses
from app.lab.metrics import score_losses
from app.lab.running import show_breaks
from app.tasks import CAUSAL

__all__ = ["LanguageModelling"]

Logits = npt.NDArray[np.float32]


@dataclass(frozen=True)
class LanguageModelling:
    """See `app.lab.tasks.task.Task`. There are no labels: what is to be told is the text itself."""

    kind: str
    auto_class: str

    def head(self, labels: Sequence[str]) -> Mapping[str, Any]:
        # a cache of earlier tokens is of use to generation alone, and costs time elsewhere
        return {"use_cache": False} if self.kind == CAUSAL.name else {}

    def read_logits(self, logits: Logits) -> Logits:
        """Logits of shape (blocks, tokens, vocabulary): of one block they tell more than its loss."""
        return logits

    def mean_loss(self, outputs: TokenLosses, split: Split) -> float:
        """Mean negative log-likelihood of a scored token, in nats."""
        return self.score("loss", outputs, split)

    def score(self, metric: str, outputs: TokenLosses, split: Split) -> float:
        if metric == "pseudo_perplexity":
            sampled = outputs.sampled
            return math.nan if sampled is None else score_losses("perplexity", [sampled.nll], [sampled.tokens])
        return score_losses(metric, outputs.nll, outputs.tokens, outputs.characters)

    def ceiling(self, metric: str, split: Split) -> float | None:
        return None

    def agreement(self, one: Logits, other: Logits) -> float:
        """The share of the places for which two models hold the same token most likely."""
        return float((one.argmax(-1) == other.argmax(-1)).mean())

    def is_at_chance(self, outputs: TokenLosses, split: Split) -> bool:
        """Whether all tokens being equally likely would be no worse."""
        return not self.mean_loss(outputs, split) < math.log(outputs.vocabulary)

    def fit_baseline(self, family: str, train: Split, labels: Sequence[str], seed: int) -> Baseline:
        return fit_counts(family, train, self.kind)

    def predictions(self, outputs: TokenLosses, examples: Examples, split: Split) -> pd.DataFrame:
        """One row a window: its id, its scored tokens, and their summed loss in nats."""
        return pd.DataFrame({"id": np.arange(len(outputs.tokens)), "tokens": outputs.tokens, "nll": outputs.nll})

    def worst(self, outputs: TokenLosses, examples: Examples, split: Split, rows: int) -> pd.DataFrame:
        """The windows with the highest loss: their text, the mean loss, and the perplexity that makes."""
        means = outputs.means
        chosen = np.argsort(-means, kind="stable")[:rows]
        return pd.DataFrame(
            {
                "text": [show_breaks(outputs.texts[window]) for window in chosen],
                "loss": means[chosen].round(3),
                "perplexity": [round(score_losses("perplexity", [mean], [1]), 2) for mean in means[chosen]],
            }
        )

    def plot_labels(self, examples: Examples) -> Picture:
        return charts.plot_frequencies(examples)

    def plot_outcome(self, outputs: TokenLosses, examples: Examples, split: Split) -> Picture:
        """How the mean losses of the windows are spread."""
        return charts.plot_losses(outputs.means, self.mean_loss(outputs, split))
