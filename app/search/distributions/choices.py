"""One value, or one of several."""

from __future__ import annotations

import json
import math
from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from app.search.distributions.distribution import Choices, Distribution, Domain, Range
from app.search.distributions.numbers import NotNegative
from app.validation import refuse

__all__ = ["Categorical", "Constant", "Weighted", "label_values"]


class Constant(Distribution):
    """One value."""

    value: Any
    distribution: Literal["constant"] = "constant"

    @property
    def domain(self) -> Domain:
        return Choices((_label(self.value),))

    def value_of(self, drawn: Any) -> Any:  # noqa: ARG002
        return self.value

    @property
    def ends(self) -> tuple[Any, ...]:
        return (self.value,)

    @property
    def grid(self) -> tuple[Any, ...]:
        return (self.value,)


class Categorical(Distribution):
    """Each of some values, all alike."""

    values: Annotated[tuple[Any, ...], Field(min_length=1)]
    distribution: Literal["categorical"] = "categorical"

    @property
    def domain(self) -> Domain:
        return Choices(tuple(label_values(self.values)))

    def value_of(self, drawn: Any) -> Any:
        return label_values(self.values)[drawn]

    @property
    def ends(self) -> tuple[Any, ...]:
        return tuple(label_values(self.values).values())

    @property
    def grid(self) -> tuple[Any, ...]:
        return self.ends


class Weighted(Distribution):
    """Each of some values, by its probability."""

    values: Annotated[tuple[Any, ...], Field(min_length=1)]
    probabilities: tuple[NotNegative, ...]
    distribution: Literal["categorical_w_probabilities"] = "categorical_w_probabilities"

    @field_validator("probabilities")
    @classmethod
    def _sum_to_one(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if not math.isclose(math.fsum(value), 1.0, rel_tol=1e-5):
            raise refuse(f"must sum to 1, not to {math.fsum(value):g}")
        return value

    @model_validator(mode="after")
    def _one_for_each(self) -> Self:
        if len(self.values) != len(self.probabilities):
            text = f"{len(self.probabilities)} probabilities for {len(self.values)} values; give each its own"
            raise refuse(text, at=("probabilities",))
        return self

    @property
    def domain(self) -> Domain:
        return Range(0.0, 1.0)

    def value_of(self, drawn: Any) -> Any:
        below = 0.0
        for value, probability in zip(self.values, self.probabilities, strict=True):
            below += probability
            if drawn < below:
                return value
        return next(v for v, p in zip(reversed(self.values), reversed(self.probabilities), strict=True) if p > 0)

    @property
    def ends(self) -> tuple[Any, ...]:
        return tuple(label_values(self.values).values())


def _label(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)


def label_values(values: tuple[Any, ...]) -> dict[str, Any]:
    """Each different value by a label: a study keeps nothing but labels and numbers."""
    different = {json.dumps(value, sort_keys=True, default=str): value for value in values}
    plain = {_label(value): value for value in different.values()}
    return plain if len(plain) == len(different) else different
