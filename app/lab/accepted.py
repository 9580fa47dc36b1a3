"""Configurations that their families have taken before: to ask again would be to import torch for it."""

from __future__ import annotations

import contextlib
import hashlib
import json
from importlib.metadata import version
from pathlib import Path

from app.config import Architecture
from app.layout import cache_folder
from app.results import write_atomically

__all__ = ["remember_accepted", "was_accepted"]

_CHECK = Path(__file__).with_name("architectures.py")  # whose answer is remembered


def was_accepted(architecture: Architecture) -> bool:
    """Whether this very configuration has passed `check_architecture`, with the libraries that are installed."""
    return _place(architecture).exists()


def remember_accepted(architecture: Architecture) -> None:
    """Keep that it has passed. A cache that cannot be written costs time later, and nothing else."""
    with contextlib.suppress(OSError):
        write_atomically(_place(architecture), "")


def _place(architecture: Architecture) -> Path:
    key = {
        "family": architecture.family,
        "config": dict(architecture.config),
        "libraries": [version(name) for name in ("torch", "transformers")],
        "check": hashlib.sha256(_CHECK.read_bytes()).hexdigest(),
    }
    digest = hashlib.sha256(json.dumps(key, sort_keys=True, default=str).encode()).hexdigest()
    return cache_folder() / "accepted" / digest[:32]
