"""An optimiser by its name in a benchmark file, with its options, over the weights of a model.

Where each is from, and what its options mean: docs/optimizers.md.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import torch
from transformers import Adafactor, PreTrainedModel

from app.config import with_defaults
from app.lab.optimization.groups import parameter_groups
from app.lab.optimization.hypergradient import HypergradientAdam, HypergradientSGD
from app.lab.optimization.lion import Lion
from app.lab.parameters import Settings

__all__ = ["build_optimizer", "leaves_unseen_rows_alone"]

_DECOUPLED = ("adamw", "lion")  # weight decay beside the gradient: a weight without one shrinks by 1 - rate * decay


def build_optimizer(
    model: PreTrainedModel, settings: Settings, *, decayed: Collection[str], warmup_steps: int
) -> torch.optim.Optimizer:
    """The optimiser that `settings` name, over the weights of `model` that are not frozen.

    Args:
        model: its weights are where they will be trained.
        settings: rate, weight decay, optimiser and its options.
        decayed: names of the weights that weight decay is for.
        warmup_steps: for an optimiser that warms up by itself; the others are given their rate by a schedule.
    """
    options: dict[str, Any] = with_defaults(settings.optimizer, settings.optimizer_options)
    if "betas" in options:
        options["betas"] = tuple(options["betas"])
    groups = parameter_groups(model, settings, decayed)
    rate = settings.learning_rate
    match settings.optimizer:
        case "adamw":
            return torch.optim.AdamW(groups, lr=rate, fused=True, **options)
        case "adam":
            return torch.optim.Adam(groups, lr=rate, fused=True, **options)
        case "sgd":
            return torch.optim.SGD(groups, lr=rate, **options)
        case "rmsprop":
            return torch.optim.RMSprop(groups, lr=rate, **options)
        case "adafactor":  # its own rates, relative to the step, are off: the schedule gives them
            return Adafactor(groups, lr=rate, relative_step=False, **options)  # type: ignore[no-untyped-call]
        case "lion":
            return Lion(groups, lr=rate, **options)
        case "schedulefree-adamw":
            from schedulefree import AdamWScheduleFree

            found: torch.optim.Optimizer = AdamWScheduleFree(groups, lr=rate, warmup_steps=warmup_steps, **options)
            return found
        case "hypergradient-sgd":
            return HypergradientSGD(groups, lr=rate, **options)
        case "hypergradient-adam":
            return HypergradientAdam(groups, lr=rate, **options)
    raise AssertionError(settings.optimizer)  # the door lets no other in


def leaves_unseen_rows_alone(settings: Settings) -> bool:
    """Whether a row of the embeddings whose gradient is always zero is at most shrunk by 1 - rate * decay at each step.

    Then it can be kept out of the optimiser. It cannot where weight decay is a part of the gradient, nor where the
    rows share their moments (Adafactor).
    """
    if settings.optimizer == "adafactor":
        return False
    return settings.weight_decay == 0 or settings.optimizer in _DECOUPLED
