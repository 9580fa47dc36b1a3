"""Tiny real models, one of each family, with weights drawn at random."""

import torch

from app.config import FAMILIES, Architecture, load_architectures
from app.lab.architectures import Built, build_model

TEXTS = ("The keys to the cabinet are rusty.", "The key to the cabinets is rusty.", "Is it?", "Are they?") * 2
TINY = {entry.family: entry for entry in reversed(load_architectures().values()) if entry.family in FAMILIES}


def build_tiny(family: str, max_length: int = 64) -> Built:
    torch.manual_seed(0)
    architecture = Architecture(name="tiny", family=family, config=TINY[family].config)
    return build_model(architecture, labels=("no", "yes"), texts=TEXTS, max_length=max_length)
