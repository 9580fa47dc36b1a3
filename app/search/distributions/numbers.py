"""Numbers as a sweep file may give them, and as a distribution rounds them."""

from __future__ import annotations

import math
from typing import Annotated

from pydantic import PlainValidator

from app.validation import refuse

__all__ = ["NotNegative", "Number", "Step", "StepOrNone", "WholeNumber", "check_order", "plain_number", "round_to"]


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


def check_order(low: float, high: float) -> None:
    """Refuse bounds that leave nothing between them."""
    if low >= high:
        raise refuse(f"min {low!r} is not less than max {high!r}", at=("min",))


def round_to(number: float, q: float) -> float:
    """The multiple of `q` that is closest; whole where `q` is."""
    return plain_number(round(number / q) * q, whole=isinstance(q, int))


def plain_number(number: float, *, whole: bool) -> float:
    """The number without what floating-point arithmetic adds to it, or as an int."""
    return int(number) if whole else float(f"{number:.12g}")  # 0.3, not 0.30000000000000004
