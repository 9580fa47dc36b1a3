"""Text classification: one class a row. Outputs are probabilities of shape (rows, classes)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from app.drawing import Picture
from app.lab import charts
from app.lab.baselines import Baseline, fit_classes
from app.lab.datasets import Examples, Split
from app.lab.metrics import score_classes
from app.tasks import CLASSIFICATION

__all__ = ["TextClassification", "softmax"]

Probabilities = npt.NDArray[np.float32]
CHANCE = 1.96  # standard deviations: the bound of 95 % of what chance brings about


@dataclass(frozen=True)
class TextClassification:
    """See `app.lab.tasks.task.Task`."""

    kind: str = CLASSIFICATION.name
    auto_class: str = "AutoModelForSequenceClassification"

    def head(self, labels: Sequence[str]) -> Mapping[str, Any]:
        return {
            "id2label": dict(enumerate(labels)),
            "label2id": {label: index for index, label in enumerate(labels)},
            "problem_type": "single_label_classification",
        }

    def read_logits(self, logits: npt.NDArray[np.float32]) -> Probabilities:
        return softmax(logits)

    def mean_loss(self, outputs: Probabilities, split: Split) -> float:
        """Mean cross-entropy, in nats."""
        chosen = outputs[np.arange(len(split)), np.asarray(split.labels)]
        return float(-np.log(np.clip(chosen, 1e-12, None)).mean())

    def score(self, metric: str, outputs: Probabilities, split: Split) -> float:
        return score_classes(metric, outputs, split.labels)

    def ceiling(self, metric: str, split: Split) -> float | None:
        if split.clean is None or metric == "calibration_error":  # which knows no best below zero
            return None
        sure = np.eye(max(*split.clean, *split.labels) + 1)[list(split.clean)]
        return score_classes(metric, sure, split.labels)

    def agreement(self, one: Probabilities, other: Probabilities) -> float:
        return float((one.argmax(1) == other.argmax(1)).mean())

    def is_at_chance(self, outputs: Probabilities, split: Split) -> bool:
        """By Matthews' correlation: times the root of the rows it is standard normal where there is no relation."""
        correlation = score_classes("matthews_correlation", outputs, split.labels)
        return not correlation > CHANCE / np.sqrt(len(split))

    def fit_baseline(self, family: str, train: Split, labels: Sequence[str], seed: int) -> Baseline:
        return fit_classes(family, train, len(labels), seed)

    def predictions(self, outputs: Probabilities, examples: Examples, split: Split) -> pd.DataFrame:
        """The id (row of the split), label, prediction, score of the prediction, scores of all classes."""
        names = np.asarray(examples.labels, dtype=object)
        return pd.DataFrame(
            {
                "id": np.arange(len(split)),
                "label": names[np.asarray(split.labels)],
                "prediction": names[outputs.argmax(1)],
                "score": outputs.max(axis=1),
                "scores": list(outputs),
            }
        )

    def worst(self, outputs: Probabilities, examples: Examples, split: Split, rows: int) -> pd.DataFrame:
        """The mistakes made with the most confidence: text, true class, prediction, its probability."""
        labels, choices = np.asarray(split.labels), outputs.argmax(1)
        wrong = np.flatnonzero(choices != labels)
        chosen = wrong[np.argsort(-outputs[wrong, choices[wrong]], kind="stable")][:rows]
        return pd.DataFrame(
            {
                **split.take(chosen.tolist()).columns,
                "label": [examples.labels[labels[row]] for row in chosen],
                "prediction": [examples.labels[choices[row]] for row in chosen],
                "probability": outputs[chosen, choices[chosen]].round(3),
            }
        )

    def plot_labels(self, examples: Examples) -> Picture:
        return charts.plot_classes(examples)

    def plot_outcome(self, outputs: Probabilities, examples: Examples, split: Split) -> Picture:
        """The confusion matrix."""
        return charts.plot_confusion(np.asarray(split.labels), outputs.argmax(1), examples.labels)


def softmax(logits: npt.NDArray[np.float32]) -> Probabilities:
    """Probabilities along the last axis."""
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    probabilities: Probabilities = shifted / shifted.sum(axis=-1, keepdims=True)
    return probabilities
