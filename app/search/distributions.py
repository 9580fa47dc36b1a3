"""What a sweep file says of one parameter: which values it can take, and how they are drawn.

The distributions are those of W&B, defined as in its public code (github.com/wandb/sweeps, `params.py`). Each is drawn
evenly from a domain, a range or a set of choices, and what was drawn is mapped to the value: for those that are neither
even nor logarithmic the domain is a probability, and the map the quantile function.
"""

from __future__ import annotations

import json
import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import Annotated, Any, Literal, Self

from pydantic import Field, PlainValidator, field_validator, model_validator

from app.validation import Frozen, refuse

__all__ = [
    "DISTRIBUTIONS",
    "LARGEST_GRID",
    "Choices",
    "Distribution",
    "Domain",
    "Range",
    "infer_distribution",
    "label_values",
]

TAIL = 0.001  # of a distribution without ends is cut off at each: its values have to be ones that can be run
LARGEST_GRID = 10_000  # values of one parameter


@dataclass(frozen=True)
class Range:
    """Numbers from `low` to `high`, both included."""

    low: float
    high: float
    log: bool = False
    whole: bool = False


@dataclass(frozen=True)
class Choices:
    """One of several labels."""

    labels: tuple[str, ...]


Domain = Range | Choices


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise refuse(f"must be a number, not {value!r}")
    return value


def _whole_number(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise refuse(f"must be a whole number, not {value!r}")
    return value


def _step(value: object) -> float:
    if _number(value) <= 0:
        raise refuse(f"must be above 0, not {value!r}")
    return _number(value)


def _no_less_than_zero(value: object) -> float:
    if _number(value) < 0:
        raise refuse(f"must be 0 or more, not {value!r}")
    return _number(value)


Number = Annotated[float, PlainValidator(_number)]  # an int stays one
WholeNumber = Annotated[int, PlainValidator(_whole_number)]
Step = Annotated[float, PlainValidator(_step)]
StepOrNone = Annotated[float | None, PlainValidator(_step)]  # none where it is left out, and only there
NotNegative = Annotated[float, PlainValidator(_no_less_than_zero)]


class Distribution(Frozen, ABC):
    """One parameter's distribution."""

    distribution: str  # its name in the file

    @property
    @abstractmethod
    def domain(self) -> Domain:
        """What is drawn from."""

    @abstractmethod
    def value_of(self, drawn: Any) -> Any:
        """The value that something drawn from the domain stands for."""

    @property
    def ends(self) -> tuple[Any, ...]:
        """Values that are all right only if every value is: each choice, or both ends and one from between them."""
        assert isinstance(self.domain, Range)
        low, high = self.domain.low, self.domain.high
        middle = low * (high / low) ** 0.37 if self.domain.log else low + (high - low) * 0.37
        drawn = (low, int(middle) if self.domain.whole else middle, high)
        return tuple(dict.fromkeys(self.value_of(item) for item in drawn))

    @property
    def grid(self) -> tuple[Any, ...] | None:
        """Every value in order, of a parameter that a grid can have."""
        return None


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


class IntUniform(Distribution):
    """Whole numbers, all alike, both ends included."""

    min: WholeNumber
    max: WholeNumber
    distribution: Literal["int_uniform"] = "int_uniform"

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        _check_order(self.min, self.max)
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
        _check_order(self.min, self.max)
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
        _check_order(self.min, self.max)
        return self

    @property
    def domain(self) -> Domain:
        return Range(float(self.min), float(self.max))

    def value_of(self, drawn: Any) -> Any:
        return _rounded(drawn, self.q)

    @property
    def grid(self) -> tuple[Any, ...]:
        # from min in steps of q, max left out: so W&B's grid has it
        number = min(math.ceil((self.max - self.min) / self.q - 1e-9), LARGEST_GRID + 1)
        whole = isinstance(self.min, int) and isinstance(self.q, int)
        return tuple(_plain(self.min + step * self.q, whole=whole) for step in range(number))


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
        _check_order(self.min, self.max)
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
        return _rounded(drawn, 1 if self.q is None else self.q) if self.distribution[:2] == "q_" else float(drawn)


class Normal(Distribution):
    """The normal distribution, or that of numbers whose logarithm is normal."""

    mu: Number = 0.0
    sigma: NotNegative = 1.0
    q: StepOrNone = None
    distribution: Literal["normal", "q_normal", "log_normal", "q_log_normal"]

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.q is not None and not self.distribution.startswith("q_"):
            raise refuse(f"{self.distribution} is not rounded; write q_{self.distribution}, or leave q out", at=("q",))
        return self

    @property
    def domain(self) -> Domain:
        return Range(TAIL, 1 - TAIL)

    def value_of(self, drawn: Any) -> Any:
        number = NormalDist(self.mu, self.sigma).inv_cdf(drawn) if self.sigma > 0 else float(self.mu)
        number = math.exp(min(number, 700.0)) if "log" in self.distribution else number
        return _rounded(number, 1 if self.q is None else self.q) if self.distribution[:2] == "q_" else number


class Beta(Distribution):
    """The beta distribution."""

    a: Step = 1.0  # W&B takes 0 too, of which nothing can be drawn
    b: Step = 1.0
    q: StepOrNone = None
    distribution: Literal["beta", "q_beta"]

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.q is not None and self.distribution == "beta":
            raise refuse("beta is not rounded; write q_beta, or leave q out", at=("q",))
        return self

    @property
    def domain(self) -> Domain:
        return Range(TAIL, 1 - TAIL)

    def value_of(self, drawn: Any) -> Any:
        from scipy.special import betaincinv  # 0.2 s that no other distribution has to wait for

        number = float(betaincinv(self.a, self.b, drawn))
        return _rounded(number, 1 if self.q is None else self.q) if self.distribution == "q_beta" else number


DISTRIBUTIONS: Mapping[str, type[Distribution]] = {
    "constant": Constant,
    "categorical": Categorical,
    "categorical_w_probabilities": Weighted,
    "int_uniform": IntUniform,
    "uniform": Uniform,
    "q_uniform": QUniform,
    **dict.fromkeys(("log_uniform", "log_uniform_values", "q_log_uniform", "q_log_uniform_values"), LogUniform),
    **dict.fromkeys(("inv_log_uniform", "inv_log_uniform_values"), LogUniform),
    **dict.fromkeys(("normal", "q_normal", "log_normal", "q_log_normal"), Normal),
    **dict.fromkeys(("beta", "q_beta"), Beta),
}


def infer_distribution(fields: Mapping[str, Any]) -> str | None:
    """The name of the distribution that W&B takes these keys for, where they do not name it; None: none."""
    if "value" in fields:
        return "constant"
    if "values" in fields:
        return "categorical_w_probabilities" if "probabilities" in fields else "categorical"
    if "min" in fields and "max" in fields:
        whole = all(isinstance(fields[name], int) and not isinstance(fields[name], bool) for name in ("min", "max"))
        return "int_uniform" if whole else "uniform"
    return None


def _check_order(low: float, high: float) -> None:
    if low >= high:
        raise refuse(f"min {low!r} is not less than max {high!r}", at=("min",))


def _rounded(number: float, q: float) -> float:
    return _plain(round(number / q) * q, whole=isinstance(q, int))


def _plain(number: float, *, whole: bool) -> float:
    return int(number) if whole else float(f"{number:.12g}")  # 0.3, not 0.30000000000000004


def _label(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)


def label_values(values: tuple[Any, ...]) -> dict[str, Any]:
    """Each different value by a label: a study keeps nothing but labels and numbers."""
    different = {json.dumps(value, sort_keys=True, default=str): value for value in values}
    plain = {_label(value): value for value in different.values()}
    return plain if len(plain) == len(different) else different
