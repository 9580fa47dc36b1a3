"""Numbers between two bounds: all alike, or their logarithms."""

from __future__ import annotations

import math
from typing import Any, Literal, Self

from pydantic import model_validator

from app.search.distributions.distribution import Distribution, Domain, Range
from app.search.distributions.numbers import (
    Number,
    Step,
    StepOrNone,
    WholeNumber,
    check_order,
    plain_number,
    round_to,
)
from app.validation import refuse

__all__ = ["LARGEST_GRID", "IntUniform", "LogUniform", "QUniform", "Uniform"]

LARGEST_GRID = 10_000  # values of one parameter


class IntUniform(Distribution):
    """Whole numbers, all alike, both ends included."""

    min: WholeNumber
    max: WholeNumber
    distribution: Literal["int_uniform"] = "int_uniform"

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        check_order(self.min, self.max)
        return self

    @property
    def domain(self) -> Domain:
        return Range(self.min, self.max, whole=True)

    def value_of(self, drawn: Any) -> Any:
        return int(drawn)

    @property
    def grid(self) -> tuple[Any, ...]:
        return tuple(range(self.min, min(self.max, self.min + LARGEST_GRID) + 1))


class Uniform(Distribution):
    """Numbers, all alike."""

    min: Number
    max: Number
    distribution: Literal["uniform"] = "uniform"

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        check_order(self.min, self.max)
        return self

    @property
    def domain(self) -> Domain:
        return Range(float(self.min), float(self.max))

    def value_of(self, drawn: Any) -> Any:
        return float(drawn)


class QUniform(Distribution):
    """Numbers, all alike, then rounded to multiples of q."""

    min: Number
    max: Number
    q: Step = 1
    distribution: Literal["q_uniform"] = "q_uniform"

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        check_order(self.min, self.max)
        return self

    @property
    def domain(self) -> Domain:
        return Range(float(self.min), float(self.max))

    def value_of(self, drawn: Any) -> Any:
        return round_to(drawn, self.q)

    @property
    def grid(self) -> tuple[Any, ...]:
        # from min in steps of q, max left out: so W&B's grid has it
        number = min(math.ceil((self.max - self.min) / self.q - 1e-9), LARGEST_GRID + 1)
        whole = isinstance(self.min, int) and isinstance(self.q, int)
        return tuple(plain_number(self.min + step * self.q, whole=whole) for step in range(number))


class LogUniform(Distribution):
    """Numbers whose logarithms are all alike; min and max are exponents of e in those without `_values`."""

    min: Number
    max: Number
    q: StepOrNone = None
    distribution: Literal[
        "log_uniform",
        "log_uniform_values",
        "inv_log_uniform",
        "inv_log_uniform_values",
        "q_log_uniform",
        "q_log_uniform_values",
    ]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        check_order(self.min, self.max)
        if self.distribution.endswith("_values"):
            if self.min <= 0:
                raise refuse(f"must be above 0 for {self.distribution}, not {self.min!r}", at=("min",))
        elif max(abs(self.min), abs(self.max)) > 300:  # in either direction a float has no room for it
            text = f"are exponents of e in {self.distribution}: {self.min!r} and {self.max!r} are beyond every number"
            raise refuse(f"{text}; {self.distribution}_values takes them as they are", at=("max",))
        if self.q is not None and not self.distribution.startswith("q_"):
            raise refuse(f"{self.distribution} is not rounded; write q_{self.distribution}, or leave q out", at=("q",))
        return self

    @property
    def domain(self) -> Domain:
        if self.distribution.endswith("_values"):
            return Range(float(self.min), float(self.max), log=True)
        if self.distribution == "inv_log_uniform":  # the logarithm of the inverse is even
            return Range(math.exp(-self.max), math.exp(-self.min), log=True)
        return Range(math.exp(self.min), math.exp(self.max), log=True)

    def value_of(self, drawn: Any) -> Any:
        return round_to(drawn, 1 if self.q is None else self.q) if self.distribution[:2] == "q_" else float(drawn)
