"""Dropout on a CPU with cheaper random numbers: sixteen bits an element, from a generator made for speed.

torch draws a 32-bit number an element on one core alone, whatever the others do. The rate here is exact to 1/65536, and
the draws follow from the run's seed.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import nn
from transformers import PreTrainedModel

__all__ = ["Draws", "cheap_dropout"]

_VALUES = 1 << 16
_PER_DRAW = 4  # 16-bit numbers in a 64-bit draw


class _CheapDropout(nn.Dropout):
    def __init__(self, rate: float, source: np.random.SFC64) -> None:
        super().__init__(rate)
        self._source = source
        self._first_kept = round(rate * _VALUES) - _VALUES // 2  # of the signed numbers

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        if not self.training or not 0 < self.p < 1 or states.device.type != "cpu":
            return super().forward(states)
        draws = np.asarray(self._source.random_raw(-(-states.numel() // _PER_DRAW)))
        numbers = torch.from_numpy(draws.view(np.int16)[: states.numel()])
        kept = (numbers >= self._first_kept).view(states.shape)
        return states * kept.to(states.dtype).mul_(1 / (1 - self.p))


class Draws:
    """Where the numbers come from, as something that a training can be carried on with."""

    def __init__(self, source: np.random.SFC64) -> None:
        self._source = source

    def state(self) -> Mapping[str, Any]:
        return dict(self._source.state)

    def restore_state(self, state: Mapping[str, Any]) -> None:
        self._source.state = dict(state)  # type: ignore[assignment]  # NumPy's own type for it is private


@contextlib.contextmanager
def cheap_dropout(model: PreTrainedModel, seed: int) -> Iterator[Draws]:
    """While the context lasts, every dropout layer of `model` draws its numbers here where it computes on a CPU.

    Dropout inside an attention kernel is not a layer, and stays torch's.
    """
    source = np.random.SFC64(seed)
    replaced: list[tuple[nn.Module, str, nn.Module]] = []
    for parent in model.modules():
        for name, child in parent.named_children():
            if type(child) is nn.Dropout and child.p > 0:
                cheap = _CheapDropout(child.p, source)
                cheap.training = child.training
                replaced.append((parent, name, child))
                setattr(parent, name, cheap)
    try:
        yield Draws(source)
    finally:
        for parent, name, child in replaced:
            child.train(model.training)
            setattr(parent, name, child)
