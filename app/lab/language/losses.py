"""How likely a model finds the tokens of a text: losses, window by window, and what is computed from them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Sampled", "TokenLosses"]


@dataclass(frozen=True)
class Sampled:
    """Losses of a sample of tokens, each of them hidden alone: Salazar et al. 2020 (arXiv 1910.14659)."""

    tokens: int
    nll: float  # nats, of all of them


@dataclass(frozen=True, eq=False)
class TokenLosses:
    """Negative log-likelihoods, in nats, of the scored tokens of each window (of a causal model) or block (masked)."""

    tokens: npt.NDArray[np.int64]  # scored ones, (windows,)
    nll: npt.NDArray[np.float64]  # their sum, (windows,)
    texts: tuple[str, ...]  # of each window, the part that was scored; of a block, the whole of it
    vocabulary: int  # tokens that the model chooses among
    characters: int | None = None  # of the scored text; None where not all of the text was scored
    sampled: Sampled | None = None  # of a masked model, where it was asked for

    @property
    def scored(self) -> int:
        """Tokens that were scored."""
        return int(self.tokens.sum())

    @property
    def means(self) -> npt.NDArray[np.float64]:
        """The mean loss of each window, in nats a token."""
        return self.nll / self.tokens
