"""How deep in a model each of its weights lies: embeddings, a layer, or above all layers."""

from __future__ import annotations

import re

from transformers import PreTrainedModel

__all__ = ["count_layers", "weight_depths"]

# what brings embeddings to the width of the layers counts as embeddings
_EMBEDDINGS = re.compile(r"(?:^|\.)(?:embeddings|embeddings_project|embedding_hidden_mapping_in|wte|wpe)\.")
# ALBERT's layers share their weights by groups; GPT-2 calls them h
_LAYER = re.compile(r"(?:^|\.)(?:layer|layers|h|albert_layer_groups)\.(\d+)\.")


def weight_depths(model: PreTrainedModel) -> dict[str, int]:
    """Name of a weight -> 0 for embeddings, 1 to n for the n layers, n + 1 for pooler, head and what layers share.

    Holds for every family of `app.config.FAMILIES`, and for decoders. The layers of ALBERT have their weights in
    common: they are one.
    """
    above = count_layers(model) + 1
    return {name: _depth(name, above) for name, _ in model.named_parameters()}


def count_layers(model: PreTrainedModel) -> int:
    """The layers that have weights of their own; a table of what follows on what has none."""
    places = [int(found[1]) for name, _ in model.named_parameters() if (found := _LAYER.search(name))]
    return 1 + max(places, default=-1)


def _depth(name: str, above: int) -> int:
    if _EMBEDDINGS.search(name):
        return 0
    found = _LAYER.search(name)
    return above if found is None else 1 + int(found[1])
