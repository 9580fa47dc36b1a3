"""Text regression: one number a row, or a pair. Outputs are numbers of shape (rows,)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from app.drawing import Picture
from app.lab import charts
from app.lab.baselines import Baseline, fit_numbers
from app.lab.datasets import Examples, Split
from app.lab.metrics import score_numbers
from app.tasks import REGRESSION

__all__ = ["TextRegression"]

Numbers = npt.NDArray[np.floating[Any]]
CHANCE = 1.96  # standard deviations: the bound of 95 % of what chance brings about
SAME = 0.01  # of the spread of the predictions: nearer than that, two of them say the same


@dataclass(frozen=True)
class TextRegression:
    """See `app.lab.tasks.task.Task`."""

    kind: str = REGRESSION.name
    auto_class: str = "AutoModelForSequenceClassification"

    def head(self, labels: Sequence[str]) -> Mapping[str, Any]:
        return {"num_labels": 1, "problem_type": "regression"}

    def read_logits(self, logits: Numbers) -> Numbers:
        return logits[:, 0]

    def mean_loss(self, outputs: Numbers, split: Split) -> float:
        """The mean squared error."""
        return float(np.mean((outputs - np.asarray(split.labels)) ** 2))

    def score(self, metric: str, outputs: Numbers, split: Split) -> float:
        return score_numbers(metric, outputs, np.asarray(split.labels))

    def ceiling(self, metric: str, split: Split) -> float | None:
        return None if split.clean is None else score_numbers(metric, np.asarray(split.clean), split.labels)

    def agreement(self, one: Numbers, other: Numbers) -> float:
        return float((np.abs(one - other) <= SAME * np.std(other)).mean())

    def is_at_chance(self, outputs: Numbers, split: Split) -> bool:
        """By Spearman's correlation: times the root of the rows it is about standard normal without a relation."""
        correlation = score_numbers("spearman", outputs, np.asarray(split.labels))
        return not correlation > CHANCE / np.sqrt(len(split))

    def fit_baseline(self, family: str, train: Split, labels: Sequence[str], seed: int) -> Baseline:
        return fit_numbers(family, train)

    def predictions(self, outputs: Numbers, examples: Examples, split: Split) -> pd.DataFrame:
        """The id (row of the split), label and prediction, both numbers."""
        return pd.DataFrame(
            {
                "id": np.arange(len(split)),
                "label": np.asarray(split.labels, dtype=np.float64),
                "prediction": np.asarray(outputs, dtype=np.float64),
            }
        )

    def worst(self, outputs: Numbers, examples: Examples, split: Split, rows: int) -> pd.DataFrame:
        """The rows that are farthest from the truth: text, true number, prediction, error."""
        errors = np.asarray(outputs, dtype=np.float64) - np.asarray(split.labels)
        chosen = np.argsort(-np.abs(errors), kind="stable")[:rows]
        return pd.DataFrame(
            {
                **split.take(chosen.tolist()).columns,
                "label": [split.labels[row] for row in chosen],
                "prediction": np.asarray(outputs, dtype=np.float64)[chosen].round(2),
                "error": errors[chosen].round(2),
            }
        )

    def plot_labels(self, examples: Examples) -> Picture:
        return charts.plot_numbers(examples)

    def plot_outcome(self, outputs: Numbers, examples: Examples, split: Split) -> Picture:
        """Predictions against true numbers."""
        return charts.plot_scatter(np.asarray(split.labels), outputs)
