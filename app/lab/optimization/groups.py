"""The weights of a model in groups that share a learning rate and a weight decay."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from transformers import PreTrainedModel

from app.lab.depth import count_layers, weight_depths
from app.lab.parameters import Settings

__all__ = ["parameter_groups"]


def parameter_groups(model: PreTrainedModel, settings: Settings, decayed: Collection[str]) -> list[dict[str, Any]]:
    """Groups of the weights that are not frozen, those with the full rate first, each with `lr` and `weight_decay`.

    The last layer and what is above it have the full rate, and each layer below `layer_decay` times that of
    the one above it, embeddings the least (in the manner of ELECTRA, Clark et al. 2020, arXiv 2003.10555). Biases and
    norms are not decayed.
    """
    layers = count_layers(model)
    found: dict[tuple[int, float], list[Any]] = {}
    depths = weight_depths(model) if settings.layer_decay < 1 else {}
    for name, weight in model.named_parameters():
        if weight.requires_grad:
            below = layers - min(depths.get(name, layers), layers)
            decay = settings.weight_decay if name in decayed else 0.0
            found.setdefault((below, decay), []).append(weight)
    return [
        {
            "params": weights,
            "lr": settings.learning_rate * settings.layer_decay**below,
            "weight_decay": decay,
        }
        for (below, decay), weights in sorted(found.items(), key=lambda item: (item[0][0], -item[0][1]))
    ]
