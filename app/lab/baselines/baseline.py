"""A fitted baseline: a function from columns of texts to what it says of each row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from app.lab.datasets import Split

__all__ = ["Baseline", "Columns"]

Columns = Sequence[Sequence[Any]]
"""One column of texts or two, all of one length; a text is a string, or its words."""


@dataclass(frozen=True)
class Baseline:
    """A fitted baseline. What it says has the form that its kind of task gives to predictions."""

    answer: Callable[[Columns], Any]
    parameters: int  # coefficients, intercepts included
    train_seconds: float

    def predict(self, split: Split) -> Any:
        """What it says of the rows of a split, in their order."""
        return self.answer(split.texts)
