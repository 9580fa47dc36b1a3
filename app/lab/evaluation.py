"""What a trained model got right and wrong on the splits it was not trained on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from app.drawing import Picture
from app.lab.baselines import Baseline
from app.lab.competitors import Trained
from app.lab.datasets import Examples, Split
from app.lab.tasks import Outputs, Task, task_of
from app.results import Primary
from app.tasks import KINDS, direction

__all__ = ["Evaluation", "evaluate_competitor"]


@dataclass(frozen=True)
class Evaluation:
    """Scores of the splits, and what was said of the one that is reported."""

    metric: str
    examples: Examples
    scores: Mapping[str, Mapping[str, float]]  # split -> metric -> value
    outputs: Outputs  # of the reported split, in the form of the task
    ceiling: float | None  # the metric that a perfect model would get on noisy labels; built-in corpora only
    divergent: str | None  # why this run has learned nothing, in words

    @property
    def task(self) -> Task:
        return task_of(self.examples.kind)

    @property
    def split(self) -> Split:
        """The reported split."""
        return self.examples.splits[self.examples.evaluated]

    @property
    def primary(self) -> Primary:
        """The figure the run is ranked by."""
        split = self.examples.evaluated
        value = self.scores[split][self.metric]
        return Primary(name=self.metric, split=split, value=value, direction=direction(self.metric))

    def score_table(self) -> pd.DataFrame:
        """Every metric of every split."""
        names = list(KINDS[self.examples.kind].metrics)
        return pd.DataFrame({split: dict(named) for split, named in self.scores.items()}).loc[names].round(4)

    def sentence(self) -> str:
        """The result in words, beside the ceiling where one is known."""
        primary = self.primary
        text = f"{primary.name} {primary.value:.3f} on {primary.split} ({len(self.split):,} rows)"
        if self.ceiling is not None:
            text += f"; a perfect model would reach {self.ceiling:.3f}, the labels being noisy on purpose"
        return f"{text}; divergent: {self.divergent}" if self.divergent else text

    def predictions_table(self) -> pd.DataFrame:
        """One row an example: id (row of the split), label, prediction, and scores where there are any."""
        return self.task.predictions(self.outputs, self.examples, self.split)

    def worst_mistakes(self, rows: int = 10) -> pd.DataFrame:
        """The rows it was most wrong about, the worst first."""
        return self.task.worst(self.outputs, self.examples, self.split, rows)

    def plot_outcome(self) -> Picture:
        """What was said against what is true."""
        return self.task.plot_outcome(self.outputs, self.examples, self.split)


def evaluate_competitor(trained: Trained, examples: Examples, metric: str) -> Evaluation:
    """Predict and score every split but train: validation, test where it has labels, and those named beside them."""
    task, metrics = task_of(examples.kind), KINDS[examples.kind].metrics
    outputs = {name: trained.predict(split) for name, split in examples.splits.items() if name != "train"}
    scores = {
        name: {known: task.score(known, found, examples.splits[name]) for known in metrics}
        for name, found in outputs.items()
    }
    reported = outputs[examples.evaluated]
    return Evaluation(
        metric=metric,
        examples=examples,
        scores=scores,
        outputs=reported,
        ceiling=task.ceiling(metric, examples.splits[examples.evaluated]),
        divergent=_find_divergence(task, trained, reported, examples.splits[examples.evaluated]),
    )


def _find_divergence(task: Task, trained: Trained, outputs: Outputs, split: Split) -> str | None:
    """What shows that a training came to nothing. A baseline may be no better than chance: some are meant to be."""
    if isinstance(trained.model, Baseline):
        return None
    if not trained.model.loss_was_finite:
        return "the training loss was not a finite number"
    return "its predictions are no better than chance" if task.is_at_chance(outputs, split) else None
