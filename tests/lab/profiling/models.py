"""Tiny real models, one of each family, with weights drawn at random."""

import torch

from app.config import FAMILIES, Architecture, load_architectures
from app.lab.architectures import Built, build_model

TEXTS = ("The keys to the cabinet are rusty.", "The key to the cabinets is rusty.", "Is it?", "Are they?") * 2
TINY = {entry.family: entry for entry in reversed(load_architectures().values()) if entry.family in FAMILIES}


def build_tiny(family: str, layers: int = 2) -> Built:
    """For inputs of at most 64 tokens; the same weights each time."""
    torch.manual_seed(0)
    depth = {"n_layers" if family == "distilbert" else "num_hidden_layers": layers}
    architecture = Architecture(name="tiny", family=family, config={**TINY[family].config, **depth})
    return build_model(architecture, labels=("no", "yes"), texts=TEXTS, max_length=64)
