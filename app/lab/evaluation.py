"""What a trained model got right and wrong on the splits it was not trained on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from app.config import METRICS
from app.lab.competitors import Trained
from app.lab.datasets import Examples
from app.lab.metrics import compute_score, compute_scores
from app.results import Primary

__all__ = ["Evaluation", "evaluate_competitor"]


@dataclass(frozen=True)
class Evaluation:
    """Scores of the splits, and the predictions on the one that is reported."""

    metric: str
    examples: Examples
    scores: Mapping[str, Mapping[str, float]]  # split -> metric -> value
    probabilities: npt.NDArray[np.float32]  # of the reported split: (rows, classes)
    ceiling: float | None  # the metric that a perfect model would get on noisy labels; built-in corpora only

    @property
    def primary(self) -> Primary:
        """The figure the run is ranked by."""
        split = self.examples.evaluated
        value = self.scores[split][self.metric]
        return Primary.model_validate({"name": self.metric, "split": split, "value": value, "direction": "max"})

    @property
    def labels(self) -> npt.NDArray[np.int64]:
        """True classes of the reported split, of shape (rows,)."""
        return np.asarray(self.examples.splits[self.examples.evaluated].labels)

    @property
    def predictions(self) -> npt.NDArray[np.int64]:
        """Predicted classes of the reported split, of shape (rows,)."""
        found: npt.NDArray[np.int64] = self.probabilities.argmax(axis=1)
        return found

    def score_table(self) -> pd.DataFrame:
        """Every metric of every split."""
        return pd.DataFrame({split: dict(named) for split, named in self.scores.items()}).loc[list(METRICS)].round(4)

    def sentence(self) -> str:
        """The result in words, beside the ceiling where one is known."""
        primary = self.primary
        rows = len(self.labels)
        text = f"{primary.name} {primary.value:.3f} on {primary.split} ({rows:,} rows)"
        return text + (
            f"; a perfect model would reach {self.ceiling:.3f}, the labels being noisy on purpose"
            if self.ceiling
            else ""
        )

    def predictions_table(self) -> pd.DataFrame:
        """One row an example: id (row of the split), label, prediction, score of the prediction, all scores."""
        names = np.asarray(self.examples.labels, dtype=object)
        return pd.DataFrame(
            {
                "id": np.arange(len(self.labels)),
                "label": names[self.labels],
                "prediction": names[self.predictions],
                "score": self.probabilities.max(axis=1),
                "scores": list(self.probabilities),
            }
        )

    def worst_mistakes(self, rows: int = 10) -> pd.DataFrame:
        """The mistakes made with the most confidence: text, true class, prediction, its probability."""
        wrong = np.flatnonzero(self.predictions != self.labels)
        confidence = self.probabilities[wrong, self.predictions[wrong]]
        chosen = wrong[np.argsort(-confidence, kind="stable")][:rows]
        split = self.examples.splits[self.examples.evaluated]
        texts: dict[str, Any] = {
            name: [column[row] for row in chosen]
            for name, column in zip(
                ("text",) if len(split.texts) == 1 else ("first", "second"), split.texts, strict=True
            )
        }
        names = self.examples.labels
        return pd.DataFrame(
            {
                **texts,
                "label": [names[self.labels[row]] for row in chosen],
                "prediction": [names[self.predictions[row]] for row in chosen],
                "probability": self.probabilities[chosen, self.predictions[chosen]].round(3),
            }
        )


def evaluate_competitor(trained: Trained, examples: Examples, metric: str) -> Evaluation:
    """Predict and score every split but train: validation, test where it has labels, and those named beside them."""
    probabilities = {name: trained.predict(split) for name, split in examples.splits.items() if name != "train"}
    scores = {
        name: compute_scores(found.argmax(axis=1), examples.splits[name].labels)
        for name, found in probabilities.items()
    }
    reported = examples.splits[examples.evaluated]
    ceiling = None if reported.clean is None else compute_score(metric, reported.clean, reported.labels)
    return Evaluation(metric, examples, scores, probabilities[examples.evaluated], ceiling)
