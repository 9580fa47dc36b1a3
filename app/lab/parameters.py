"""The flat parameters of a notebook as the objects that modules take, checked as a benchmark file is."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator

from app.config import Architecture, Dataset, Files, Splits, load_architectures, settle
from app.layout import SLICES_VARIABLE

__all__ = ["Settings", "read_architecture", "read_dataset"]


class Settings(BaseModel):
    """The hyperparameters of one training, and its seed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    learning_rate: float
    optimizer: str = "adamw"
    optimizer_options: Mapping[str, Any] = {}  # none: the optimiser's defaults
    epochs: int
    batch_size: int
    gradient_accumulation: int = 1  # batches of a step
    weight_decay: float = 0.01
    warmup_ratio: float = 0.1  # of all steps
    schedule: str = "linear"
    layer_decay: float = 1.0  # of the learning rate, a layer further down
    weight_averaging: str = "none"
    label_smoothing: float = 0.0
    loss: str = "default"  # the one of the model's head
    focal_gamma: float = 2.0
    max_grad_norm: float = 1.0
    dropout: float = -1.0  # -1: the model's own
    freeze: str = "none"  # or embeddings, or a number: embeddings and so many layers
    early_stopping_patience: int = 0  # epochs without a better validation score; 0: off
    batching: str = "bucketed"
    precision: str = "auto"
    narrow_vocabulary: bool = True  # while training, no rows of the word embeddings that train does not use
    first_token_only: bool = True  # while training, of the last layer only what the head looks at
    cheap_dropout: bool = True  # on a CPU: other random numbers, of the same distribution
    seed: int = 0

    @model_validator(mode="before")
    @classmethod
    def _settled(cls, values: dict[str, Any]) -> dict[str, Any]:
        return settle({"optimizer": "adamw", "loss": "default", **values})

    @property
    def hyperparameters(self) -> dict[str, Any]:
        """All but the seed."""
        return self.model_dump(exclude={"seed"})


def read_dataset(
    path: str,
    *,
    files: Mapping[str, Any],
    name: str,
    revision: str,
    splits: Mapping[str, Any],
    text: Sequence[str],
    max_length: int,
    limit: int,
    label: str = "label",
    vocabulary: str = "",
) -> Dataset:
    """The data set that the parameters name; `files`, where given, go before `path`.

    Which columns to keep beside the texts is told by the driver's environment: it changes no figure of a run, and so
    must not change its id.
    """
    return Dataset(
        path=Files.model_validate(files) if files else path,
        name=name or None,
        revision=revision or None,
        splits=Splits.model_validate(splits),
        text=tuple(text),
        label=label,
        max_length=max_length,
        limit=limit or None,
        vocabulary=vocabulary or None,
        slices=tuple(json.loads(os.environ.get(SLICES_VARIABLE, "[]"))),
    )


def read_architecture(name: str, *, family: str, checkpoint: str, config: Mapping[str, Any]) -> Architecture:
    """The architecture that the parameters name; with a name alone, the entry of config/architectures.yaml."""
    if not (family or checkpoint or config):
        return load_architectures()[name].model_copy(update={"checkpoint": None})  # a name alone: from scratch
    return Architecture(name=name, family=family or None, checkpoint=checkpoint or None, config=dict(config))
