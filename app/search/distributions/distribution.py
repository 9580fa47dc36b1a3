"""A parameter's distribution: what is drawn from, evenly, and the value that something drawn stands for."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

from app.validation import Frozen

__all__ = ["Choices", "Distribution", "Domain", "Range"]


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
