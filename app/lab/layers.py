"""Whether every model has as many layers as a benchmark freezes, asked before anything runs and without torch."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from app.config import Architecture, Benchmark
from app.errors import ConfigError, Problem, UsageError
from app.lab.checkpoints import find_config

__all__ = ["check_frozen"]

_NAMES = ("num_hidden_layers", "n_layers", "n_layer")  # as families call it


def check_frozen(benchmark: Benchmark) -> None:
    """Return if no `freeze` is deeper than a model; of a model whose depth is not written down here, its run tells.

    Raises:
        ConfigError: with each architecture that has too few layers.
    """
    deepest = max((int(value) for value in benchmark.hyperparameters.freeze if value.isdigit()), default=0)
    problems = []
    for architecture in benchmark.architectures if deepest else ():
        layers = _count_layers(architecture)
        if layers is not None and layers < deepest and not architecture.is_baseline:
            message = f"{deepest} layers cannot be frozen, {architecture.name} has {layers}; give {layers} or less"
            problems.append(Problem(where=f"architecture {architecture.name}", key="freeze", message=message))
    if problems:
        raise ConfigError(problems)


def _count_layers(architecture: Architecture) -> int | None:
    found: Mapping[str, Any] = architecture.config or {}
    family = architecture.family
    if architecture.checkpoint:
        try:
            path = find_config(architecture.checkpoint)
            found = json.loads(path.read_text(encoding="utf-8")) if path else {}
            family = str(found.get("model_type"))
        except (OSError, ValueError, AttributeError, UsageError):  # which is told elsewhere
            return None
    if family == "albert":  # whose layers share their weights by groups
        return int(found.get("num_hidden_groups", 1)) if found else None
    return next((found[name] for name in _NAMES if isinstance(found.get(name), int)), None)
