"""How sure the perplexity of a language model is: intervals over the windows of the text that it was scored on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as parquet
from numpy.typing import NDArray

from app.report.statistics.intervals import LEVEL, RESAMPLES, Interval

__all__ = ["SCORES", "Likelihoods", "likelihood_interval", "paired_likelihoods", "read_likelihoods"]

SCORES = ("perplexity", "loss")  # those that follow from losses and counts of tokens alone


@dataclass(frozen=True, eq=False)
class Likelihoods:
    """Runs over the same windows: the scored tokens of each, and their summed losses in nats."""

    tokens: NDArray[np.int64]  # (windows,)
    nll: NDArray[np.float64]  # (runs, windows)


def read_likelihoods(paths: Sequence[Path]) -> Likelihoods | None:
    """The losses at `paths`, by window; None where a file is absent or unreadable, or the windows differ."""
    tokens: NDArray[np.int64] | None = None
    losses = []
    for path in paths:
        try:
            table = parquet.read_table(path, columns=["id", "tokens", "nll"])
        except (OSError, ValueError):  # pyarrow's own errors are ValueErrors
            return None
        order = np.argsort(table["id"].to_numpy(), kind="stable")
        here = np.asarray(table["tokens"].to_numpy(), dtype=np.int64)[order]
        if tokens is not None and not np.array_equal(tokens, here):
            return None
        tokens = here
        losses.append(np.asarray(table["nll"].to_numpy(), dtype=np.float64)[order])
    return None if tokens is None or not len(tokens) else Likelihoods(tokens, np.stack(losses))


def likelihood_interval(found: Likelihoods, name: str, *, resamples: int = RESAMPLES) -> Interval:
    """The mean score of the runs, with its bootstrap interval: windows are drawn with replacement.

    Neighbouring windows are of one passage and not quite independent; windows as blocks are what keeps the tokens
    within them together.
    """
    point, drawn = _bootstrap(found.tokens, found.nll, name, resamples)
    return _interval(point.mean(), drawn.mean(-1))


def paired_likelihoods(first: Likelihoods, second: Likelihoods, name: str) -> Interval | None:
    """Mean score of `second` minus that of `first` over the same resampled windows; None where these differ."""
    if not np.array_equal(first.tokens, second.tokens):
        return None
    point, drawn = _bootstrap(first.tokens, np.concatenate([first.nll, second.nll]), name, RESAMPLES)
    runs = len(first.nll)
    return _interval(point[runs:].mean() - point[:runs].mean(), drawn[:, runs:].mean(-1) - drawn[:, :runs].mean(-1))


def _bootstrap(
    tokens: NDArray[np.int64], nll: NDArray[np.float64], name: str, resamples: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Scores of each run on the windows as they are (runs,), and on resampled ones (resamples, runs)."""
    windows = len(tokens)
    draws = np.random.default_rng(0).multinomial(windows, np.full(windows, 1 / windows), size=resamples)
    weights = np.vstack([np.ones(windows), draws])
    losses = (weights @ nll.T) / (weights @ tokens)[:, None]
    with np.errstate(over="ignore"):
        scores: NDArray[np.float64] = np.exp(losses) if name == "perplexity" else losses
    return scores[0], scores[1:]


def _interval(point: np.floating, drawn: NDArray[np.float64]) -> Interval:
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(float(point), float(low), float(high))
