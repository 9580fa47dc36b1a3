"""The losses of language models, window by window of the text that they were scored on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.report.statistics.samples.sample import Floats, digest_arrays, read_columns

__all__ = ["WINDOW_METRICS", "Windows", "read_windows"]

WINDOW_METRICS = ("perplexity", "loss")  # those that follow from losses and counts of tokens alone


@dataclass(frozen=True, eq=False)
class Windows:
    """See `app.report.statistics.samples.sample.Sample`.

    Neighbouring windows are of one passage and not quite independent; windows as units are what keeps the tokens within
    them together.
    """

    metric: str
    ids: NDArray[np.int64]  # (units,), ascending
    tokens: NDArray[np.int64]  # (units,), scored ones
    nll: Floats  # (runs, units), summed over them, in nats

    @property
    def runs(self) -> int:
        return len(self.nll)

    @property
    def units(self) -> int:
        return len(self.ids)

    @cached_property
    def key(self) -> str:
        return digest_arrays([self.ids, self.tokens])

    def score(self, weights: Floats) -> Floats:
        losses: Floats = (self.nll @ weights) / (self.tokens @ weights)
        if self.metric == "loss":
            return losses
        with np.errstate(over="ignore"):
            return np.exp(losses)


def read_windows(paths: Sequence[Path], metric: str) -> Windows | None:
    """The losses at `paths`; None where a file is absent or unreadable, or the windows differ."""
    ids: NDArray[np.int64] | None = None
    tokens: NDArray[np.int64] | None = None
    losses = []
    for path in paths:
        table = read_columns(path, ["id", "tokens", "nll"])
        if table is None:
            return None
        here, scored = (np.asarray(table[name].to_numpy(), dtype=np.int64) for name in ("id", "tokens"))
        if ids is None or tokens is None:
            ids, tokens = here, scored
        if not (np.array_equal(ids, here) and np.array_equal(tokens, scored)):
            return None
        losses.append(np.asarray(table["nll"].to_numpy(), dtype=np.float64))
    return Windows(metric, ids, tokens, np.stack(losses)) if ids is not None and tokens is not None else None
