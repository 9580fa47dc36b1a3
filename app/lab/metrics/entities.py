"""Scores of named entities: an `evaluate.Metric` module that needs no network."""

from __future__ import annotations

from collections.abc import Sequence

import datasets
import evaluate
import numpy as np
import numpy.typing as npt

from app.lab.entities import count_entities
from app.tasks import TAGGING

__all__ = ["EntityScores", "score_tags"]

Tags = npt.NDArray[np.int64]


def score_tags(name: str, predicted: Tags, truth: Tags, lengths: Tags, names: Sequence[str]) -> float:
    """One score of `app.tasks.TAGGING.metrics`, over all entities or words alike (micro-averaged).

    Args:
        name: of the metric.
        predicted: indices into `names`, of shape (words,), one sentence after the other.
        truth: the same of what is true.
        lengths: words of each sentence.
        names: of the tags.
    """
    if name == "token_accuracy":
        return float((predicted == truth).mean())
    counts = count_entities(truth, predicted, lengths, names)
    true, found, right = (int(count.sum()) for count in (counts.true, counts.predicted, counts.correct))
    below, above = {
        "entity_precision": (found, right),
        "entity_recall": (true, right),
        "entity_f1": (true + found, 2 * right),
    }[name]
    return above / below if below else 0.0


class EntityScores(evaluate.Metric):  # type: ignore[misc]  # evaluate has no types
    """The scores of tags: `EntityScores().compute(predictions=..., references=...)`, lists of tags for each sentence.

    Precision, recall and F1 of entities are those of seqeval without a scheme (the definition of conlleval), averaged
    over all entities alike, and 0 where there is nothing to divide by; `token_accuracy` is the share of the words with
    the right tag.
    """

    def __init__(self) -> None:
        super().__init__(keep_in_memory=True)

    def _info(self) -> evaluate.MetricInfo:
        tags = datasets.Sequence(datasets.Value("string"))
        return evaluate.MetricInfo(
            description="precision, recall and F1 of entities, by the definition of conlleval",
            citation="",
            inputs_description="predictions and references: a list of tags for each sentence",
            features=datasets.Features({"predictions": tags, "references": tags}),
        )

    def _compute(
        self, *, predictions: Sequence[Sequence[str]], references: Sequence[Sequence[str]]
    ) -> dict[str, float]:
        names = sorted({tag for rows in (predictions, references) for tags in rows for tag in tags})
        codes = {name: code for code, name in enumerate(names)}
        lengths = np.asarray([len(tags) for tags in references])
        predicted, truth = (
            np.asarray([codes[tag] for tags in rows for tag in tags], dtype=np.int64)
            for rows in (predictions, references)
        )
        return {name: score_tags(name, predicted, truth, lengths, names) for name in TAGGING.metrics}
