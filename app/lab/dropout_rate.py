"""A model with another rate of dropout than the one its configuration came with."""

from __future__ import annotations

import copy

import torch
from transformers import PreTrainedConfig, PreTrainedModel

__all__ = ["with_dropout"]


def with_dropout(model: PreTrainedModel, rate: float) -> PreTrainedModel:
    """`model` with the same weights and `rate` wherever its family drops anything out: states, attention, head.

    It is made anew from a changed configuration, since some families leave layers out that have nothing to drop. Random
    numbers drawn for that are put back, so that what follows is the same with any rate.
    """
    config = copy.deepcopy(model.config)
    for name in _rates(config):
        setattr(config, name, rate)
    state = torch.random.get_rng_state()
    try:
        changed: PreTrainedModel = type(model)._from_config(config)  # type: ignore[no-untyped-call]
    finally:
        torch.random.set_rng_state(state)
    changed.load_state_dict(model.state_dict())
    changed.train(model.training)
    return changed


def _rates(config: PreTrainedConfig) -> list[str]:
    """The keys of a configuration that are rates of dropout; None stands for that of the other layers."""
    return [
        name
        for name, value in config.to_dict().items()
        if "dropout" in name and (value is None or isinstance(value, int | float))
    ]
