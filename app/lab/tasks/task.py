"""What a kind of task asks of the lab: a head, what its logits say, and how that is scored and shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import pandas as pd

from app.drawing import Picture
from app.lab.baselines import Baseline
from app.lab.datasets import Examples, Split

__all__ = ["Logits", "Outputs", "Task"]

Logits = Any
"""What a model gives for the rows of a split: one array of shape (rows, classes), or for each row one of
(labelled tokens, classes) where a task labels tokens."""

Outputs = Any
"""What a competitor says of the rows of a split, in the task's own form: see `Task.read_logits`."""


class Task(Protocol):
    """One kind of task."""

    @property
    def kind(self) -> str:
        """One of `app.tasks.KINDS`."""

    @property
    def auto_class(self) -> str:
        """The class of transformers that makes the model with the head for it."""

    def head(self, labels: Sequence[str]) -> Mapping[str, Any]:
        """The keys of a transformers configuration that make the head."""

    def read_logits(self, logits: Logits) -> Outputs:
        """What the model says of each row."""

    def mean_loss(self, outputs: Outputs, split: Split) -> float:
        """The mean validation loss: the kind's customary one, whatever was trained with."""

    def score(self, metric: str, outputs: Outputs, split: Split) -> float:
        """One metric of the kind."""

    def ceiling(self, metric: str, split: Split) -> float | None:
        """The metric of the labels before noise, where they are known."""

    def agreement(self, one: Outputs, other: Outputs) -> float:
        """The share of the rows of which two models say the same."""

    def is_at_chance(self, outputs: Outputs, split: Split) -> bool:
        """Whether what is said has no more to do with the labels than chance would have, or is no number at all."""

    def fit_baseline(self, family: str, train: Split, labels: Sequence[str], seed: int) -> Baseline:
        """Fit one of the kind's baselines."""

    def predictions(self, outputs: Outputs, examples: Examples, split: Split) -> pd.DataFrame:
        """One row an example: id, label, prediction, and scores where there are any."""

    def worst(self, outputs: Outputs, examples: Examples, split: Split, rows: int) -> pd.DataFrame:
        """The rows it was most wrong about, the worst first."""

    def plot_labels(self, examples: Examples) -> Picture:
        """How often each label occurs in train."""

    def plot_outcome(self, outputs: Outputs, examples: Examples, split: Split) -> Picture:
        """What was said against what is true."""
