"""Word embeddings narrowed, while a model trains, to the word pieces that its training texts hold.

A pretrained vocabulary has 30,000 pieces, a data set of short texts uses a tenth of them. The gradient of all other
rows is zero at every step, and so are their moments: AdamW only shrinks them by its weight decay. To keep them out of
the optimiser, and to shrink them once for all steps, gives the same weights with half of the work. Not every optimiser
is like that: app/lab/optimization/optimizers.py says which.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from transformers import PreTrainedModel

__all__ = ["NarrowedVocabulary", "narrow_vocabulary"]

WORTH = 0.75  # of the rows used: above that, the detour costs more than it saves


class _NarrowEmbedding(nn.Embedding):
    """Takes the ids of the full vocabulary, has rows for those in use."""

    def __init__(self, full: nn.Embedding, used: torch.Tensor) -> None:
        rows, width = len(used), full.embedding_dim
        super().__init__(rows, width, _weight=full.weight.detach()[used].clone())
        self.place: torch.Tensor
        place = torch.zeros(full.num_embeddings, dtype=torch.long, device=used.device)
        place[used] = torch.arange(rows, device=used.device)
        self.register_buffer("place", place, persistent=False)
        if full.padding_idx is not None:
            self.padding_idx = int(place[full.padding_idx])  # its row gets no gradient, as in the full table

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return super().forward(self.place[ids])


class NarrowedVocabulary:
    """A model with its narrow table in place; `widened()` puts the full one back, for a while or for good."""

    def __init__(self, model: PreTrainedModel, used: npt.NDArray[np.int64]) -> None:
        full = model.get_input_embeddings()
        assert isinstance(full, nn.Embedding)
        self._model, self._full = model, full
        self._used = torch.from_numpy(used).to(full.weight.device)
        unused = torch.ones(full.num_embeddings, dtype=torch.bool, device=full.weight.device)
        unused[self._used] = False
        self._unused = unused.nonzero().flatten()
        self._narrow = _NarrowEmbedding(full, self._used)
        self._decay, self._applied = 1.0, 1.0
        model.set_input_embeddings(self._narrow)

    @property
    def weight(self) -> torch.Tensor:
        """The table that is trained, of shape (ids in use, width)."""
        weight: torch.Tensor = self._narrow.weight
        return weight

    def decay(self, factor: float) -> None:
        """A step has shrunk all weights by `factor`, which is 1 - learning rate * weight decay; the unused ones too."""
        self._decay *= factor

    def state(self) -> Mapping[str, Any]:
        return {"full": self._full.weight, "decay": self._decay, "applied": self._applied}

    @torch.no_grad()
    def restore_state(self, state: Mapping[str, Any]) -> None:
        self._full.weight.copy_(state["full"])
        self._decay, self._applied = state["decay"], state["applied"]

    @contextlib.contextmanager
    def widened(self) -> Iterator[None]:
        """The model with its full table, as it stands after the steps so far."""
        self.widen()
        try:
            yield
        finally:
            self._model.set_input_embeddings(self._narrow)

    @torch.no_grad()
    def widen(self) -> None:
        """Write the trained rows back and leave the full table in place."""
        self._full.weight[self._used] = self._narrow.weight
        if self._decay != self._applied:
            self._full.weight[self._unused] *= self._decay / self._applied
            self._applied = self._decay
        self._model.set_input_embeddings(self._full)


def narrow_vocabulary(model: PreTrainedModel, used: npt.NDArray[np.int64]) -> NarrowedVocabulary | None:
    """Narrow a model's word embeddings to the ids in `used`; None where that does not pay or cannot be done.

    Args:
        model: changed in place until `widen()`.
        used: the ids of the training texts, each once, in order, the padding id among them.
    """
    full = model.get_input_embeddings()
    if type(full) is not nn.Embedding or len(used) > WORTH * full.num_embeddings or full.max_norm is not None:
        return None
    if not full.weight.requires_grad:
        return None  # frozen: nothing is saved, and nothing shrinks
    output = model.get_output_embeddings()  # type: ignore[no-untyped-call]
    if output is not None and getattr(output, "weight", None) is full.weight:
        return None  # the table is also the head: every row has a gradient
    return NarrowedVocabulary(model, used)
