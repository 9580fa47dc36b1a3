"""A regression that starts at the mean of what it is to learn, instead of at nothing."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from transformers import PreTrainedModel

__all__ = ["centre_head"]


def centre_head(model: PreTrainedModel, labels: Sequence[float]) -> None:
    """Let a fresh head say the mean of the labels before it has learned anything.

    An optimiser moves a bias by about its learning rate a step: without this, the first hundreds of steps go into
    finding the mean of labels that lie far from 0. A head that has been trained before, whose bias is not 0, stays.

    Args:
        model: with one output a row, changed in place.
        labels: of train.
    """
    heads = [part for part in model.modules() if isinstance(part, torch.nn.Linear) and part.out_features == 1]
    bias = heads[-1].bias if heads else None
    if bias is not None and not bias.any():
        with torch.no_grad():
            bias.fill_(math.fsum(labels) / len(labels))
