"""The hyperparameters of a benchmark file: each an axis of the grid, with its bounds and its default."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, StrictBool, ValidationInfo, field_validator

from app.optimizers import OPTIMIZERS, option_problems
from app.validation import Axis, Frozen, as_axis, no_truth, not_twice, one_of, refuse

__all__ = ["LOSSES", "SCHEDULES", "Hyperparameters", "settle"]

SCHEDULES = ("linear", "cosine", "constant", "inverse_sqrt")
LOSSES = ("default", "cross-entropy", "balanced", "focal")
BATCHINGS = ("bucketed", "shuffled")
PRECISIONS = ("auto", "fp32", "bf16")
AVERAGINGS = ("none", "swa")

_SWITCHES = ("narrow_vocabulary", "first_token_only", "cheap_dropout")
_FOCAL_GAMMA = 2.0  # what Lin et al. 2017 found best


class Hyperparameters(Frozen):
    """The grid: each field is an axis, a scalar is an axis of one value."""

    learning_rate: Annotated[tuple[Annotated[float, Field(gt=0, lt=10)], ...], Axis] = (5e-5,)
    optimizer: Annotated[tuple[str, ...], Axis] = ("adamw",)
    optimizer_options: Annotated[tuple[Mapping[str, Any], ...], Axis] = ({},)  # none: the optimiser's defaults
    epochs: Annotated[tuple[Annotated[int, Field(ge=1, le=10_000)], ...], Axis] = (3,)
    batch_size: Annotated[tuple[Annotated[int, Field(ge=1, le=65_536)], ...], Axis] = (32,)
    gradient_accumulation: Annotated[tuple[Annotated[int, Field(ge=1, le=65_536)], ...], Axis] = (1,)  # batches a step
    weight_decay: Annotated[tuple[Annotated[float, Field(ge=0, lt=10)], ...], Axis] = (0.01,)
    warmup_ratio: Annotated[tuple[Annotated[float, Field(ge=0, lt=1)], ...], Axis] = (0.1,)
    schedule: Annotated[tuple[str, ...], Axis] = ("linear",)
    layer_decay: Annotated[tuple[Annotated[float, Field(gt=0, le=1)], ...], Axis] = (1.0,)  # a layer further down
    weight_averaging: Annotated[tuple[str, ...], Axis] = ("none",)
    label_smoothing: Annotated[tuple[Annotated[float, Field(ge=0, lt=1)], ...], Axis] = (0.0,)
    loss: Annotated[tuple[str, ...], Axis] = ("default",)  # default: the one of the model's head
    focal_gamma: Annotated[tuple[Annotated[float, Field(ge=0, le=20)], ...], Axis] = (_FOCAL_GAMMA,)
    max_grad_norm: Annotated[tuple[Annotated[float, Field(gt=0)], ...], Axis] = (1.0,)
    dropout: Annotated[tuple[Annotated[float, Field(lt=1)], ...], Axis] = (-1.0,)  # -1: the model's own
    freeze: Annotated[tuple[str, ...], Axis] = ("none",)
    early_stopping_patience: Annotated[tuple[Annotated[int, Field(ge=0)], ...], Axis] = (0,)  # epochs; 0: off
    batching: Annotated[tuple[str, ...], Axis] = ("bucketed",)
    precision: Annotated[tuple[str, ...], Axis] = ("auto",)
    narrow_vocabulary: Annotated[tuple[StrictBool, ...], Axis] = (True,)  # shortcuts that change no result
    first_token_only: Annotated[tuple[StrictBool, ...], Axis] = (True,)
    cheap_dropout: Annotated[tuple[StrictBool, ...], Axis] = (True,)

    @field_validator("*", mode="before")
    @classmethod
    def _numbers(cls, value: object, info: ValidationInfo) -> object:
        return as_axis(value) if info.field_name in _SWITCHES else no_truth(as_axis(value))

    @field_validator("freeze", mode="before")
    @classmethod
    def _as_words(cls, value: object) -> object:
        axis = as_axis(value)
        return tuple(str(item) if isinstance(item, int) and not isinstance(item, bool) else item for item in axis)  # type: ignore[attr-defined]

    @field_validator("*")
    @classmethod
    def _each_once(cls, value: tuple[Any, ...]) -> tuple[Any, ...]:
        return not_twice(value)

    @field_validator("optimizer")
    @classmethod
    def _known_optimizer(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(one_of(item, tuple(OPTIMIZERS), "optimizer") for item in value)

    @field_validator("optimizer_options")
    @classmethod
    def _options_of_the_optimizer(
        cls, value: tuple[Mapping[str, Any], ...], info: ValidationInfo
    ) -> tuple[Mapping[str, Any], ...]:
        # the grid has each optimiser with each set of options
        optimizers = info.data.get("optimizer", ())
        problems = [found for name in optimizers for options in value for found in option_problems(name, options)]
        if problems:
            raise refuse("; ".join(dict.fromkeys(problems)))
        return value

    @field_validator("schedule")
    @classmethod
    def _known_schedule(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(one_of(item, SCHEDULES, "schedule") for item in value)

    @field_validator("weight_averaging")
    @classmethod
    def _known_averaging(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(one_of(item, AVERAGINGS, "weight averaging") for item in value)

    @field_validator("loss")
    @classmethod
    def _known_loss(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        known = tuple(one_of(item, LOSSES, "loss") for item in value)
        if "focal" in known and any(info.data.get("label_smoothing", ())):
            raise refuse("focal takes no label smoothing; set label_smoothing to 0, or take focal out")
        return known

    @field_validator("dropout")
    @classmethod
    def _rates(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        for item in value:
            if item < 0 and item != -1:
                raise refuse(f"must be -1 for the model's own, or from 0 to less than 1, not {item}")
        return value

    @field_validator("freeze")
    @classmethod
    def _known_freeze(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for item in value:
            if item not in ("none", "embeddings") and not (item.isdecimal() and int(item) > 0):
                raise refuse(f"must be none, embeddings, or a number of layers from 1, not {item!r}")
        return value

    @field_validator("batching")
    @classmethod
    def _known_batching(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(one_of(item, BATCHINGS, "batching") for item in value)

    @field_validator("precision")
    @classmethod
    def _known_precision(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(one_of(item, PRECISIONS, "precision") for item in value)


def settle(setting: Mapping[str, Any]) -> dict[str, Any]:
    """One setting of the grid as it is carried out: what its other choices leave no room for has its one value.

    Schedule-free AdamW warms up and then keeps its rate; hypergradient descent moves it as it sees fit; gamma is of the
    focal loss alone. Two settings that differ in nothing else are one.
    """
    settled = dict(setting)
    if settled["optimizer"].startswith(("schedulefree", "hypergradient")):
        settled["schedule"] = "constant"
    if settled["optimizer"].startswith("hypergradient"):
        settled["warmup_ratio"] = 0.0
    if settled["loss"] != "focal":
        settled["focal_gamma"] = _FOCAL_GAMMA
    return settled
