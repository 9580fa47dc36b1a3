"""The average of a model's weights over epochs: stochastic weight averaging (Izmailov et al. 2018, arXiv 1803.05407).

Transformers have no batch norm, so there are no statistics to gather anew for the average.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch.optim.swa_utils import get_swa_multi_avg_fn
from transformers import PreTrainedModel

__all__ = ["WeightAverage", "first_averaged_epoch"]


def first_averaged_epoch(epochs: int) -> int:
    """The epoch that an average begins with: it is over the second half of them, the one in the middle included."""
    return epochs // 2 + 1


class WeightAverage:
    """The equal average of the weights that a model had whenever it was added."""

    def __init__(self) -> None:
        self._average: list[torch.Tensor] = []
        self._added = 0
        self._update = get_swa_multi_avg_fn()  # type: ignore[no-untyped-call]

    @torch.no_grad()
    def add(self, model: PreTrainedModel) -> None:
        """Take the weights as they are now into the average."""
        weights = [weight.detach() for weight in model.parameters()]
        if self._added:
            self._average = [kept.to(weight.device) for kept, weight in zip(self._average, weights, strict=True)]
            self._update(self._average, weights, self._added)
        else:
            self._average = [weight.clone() for weight in weights]
        self._added += 1

    def state(self) -> Mapping[str, Any]:
        return {"average": self._average, "added": self._added}

    def restore_state(self, state: Mapping[str, Any]) -> None:
        self._average, self._added = state["average"], state["added"]

    @contextlib.contextmanager
    def in_place(self, model: PreTrainedModel) -> Iterator[None]:
        """The model with the average for its weights, while the context lasts."""
        own = [weight.detach().clone() for weight in model.parameters()]
        _copy(self._average, model)
        try:
            yield
        finally:
            _copy(own, model)


@torch.no_grad()
def _copy(values: list[torch.Tensor], model: PreTrainedModel) -> None:
    torch._foreach_copy_(list(model.parameters()), values)
