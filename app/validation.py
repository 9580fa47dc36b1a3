"""What the models of a benchmark file have in common: frozen, strict, and with refusals that name what is allowed."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, BeforeValidator, ConfigDict
from pydantic_core import PydanticCustomError

__all__ = ["Axis", "Frozen", "as_axis", "no_truth", "not_twice", "one_of", "refuse", "suggest"]


class Frozen(BaseModel):
    """A model that cannot be changed and takes no key it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def one_of(value: object, allowed: Sequence[str], what: str) -> str:
    """`value`, if it is one of `allowed`; else a refusal that calls it an unknown `what`."""
    if isinstance(value, str) and value in allowed:
        return value
    raise PydanticCustomError("choice", "{text}", {"text": f"unknown {what} {value!r}{suggest(value, allowed)}"})


def suggest(value: object, allowed: Sequence[str]) -> str:
    """The end of a refusal: the closest of what is allowed, and all of it."""
    close = get_close_matches(str(value), allowed, n=1, cutoff=0.6)
    hint = f"; did you mean {close[0]}?" if close else ";"
    return f"{hint} allowed: {', '.join(allowed)}"


def refuse(text: str, *, at: Sequence[str] = ()) -> PydanticCustomError:
    """A refusal to raise in a validator; `at` is the key it is about, below the one that is validated."""
    return PydanticCustomError("refused", "{text}", {"text": text, "at": tuple(at)})


def as_axis(value: object) -> object:
    """A list as the values of an axis, a scalar as its only value."""
    return tuple(value) if isinstance(value, list | tuple) else (value,)


Axis = BeforeValidator(as_axis)


def no_truth(values: object) -> object:
    """`values`, unless one is true or false, which Python takes for a number."""
    for value in values if isinstance(values, tuple) else (values,):
        if isinstance(value, bool):
            raise refuse(f"{str(value).lower()} is no number")
    return values


def not_twice(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """`values`, unless there is none or one of them twice."""
    if not values:
        raise refuse("an empty list has nothing to run; give a value or leave the key out")
    repeated = [value for index, value in enumerate(values) if value in values[:index]]
    if repeated:
        raise refuse(f"{repeated[0]!r} is listed twice; each value is run once")
    return values
