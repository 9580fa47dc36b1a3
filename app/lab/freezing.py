"""Weights that training leaves as they are: the embeddings, or them and the first layers."""

from __future__ import annotations

from transformers import PreTrainedModel

from app.errors import UsageError
from app.lab.depth import count_layers, weight_depths

__all__ = ["freeze_weights"]


def freeze_weights(model: PreTrainedModel, freeze: str) -> int:
    """Take weights out of training; what is said of them is how many they are.

    Args:
        model: changed in place: frozen weights require no gradient.
        freeze: `none`, `embeddings`, or a number: the embeddings and so many layers, from the first.

    Raises:
        UsageError: the model has fewer layers than that.
    """
    if freeze == "none":
        return 0
    deepest = 0 if freeze == "embeddings" else int(freeze)
    layers = count_layers(model)
    if deepest > layers:
        family = model.config.model_type
        shared = ", since its layers share their weights" if family == "albert" else ""
        raise UsageError(
            f"hyperparameters.freeze: {deepest} layers cannot be frozen, this {family} has {layers}{shared}; "
            f"give {layers} or less"
        )
    depths = weight_depths(model)
    frozen = [weight for name, weight in model.named_parameters() if depths[name] <= deepest]
    for weight in frozen:
        weight.requires_grad_(False)
    return sum(weight.numel() for weight in frozen)
