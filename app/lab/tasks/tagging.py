"""Token classification: one tag a word, scored by the entities that tags name.

Outputs are, for each sentence, the probabilities of its words' tags: an array of shape (words, tags). What max_length
has cut off is not among them, and counts as said to be outside of every entity.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from app.drawing import Picture
from app.lab import charts
from app.lab.baselines import Baseline, fit_tags
from app.lab.datasets import Examples, Split
from app.lab.entities import Counts, count_entities, describe_entities
from app.lab.metrics import score_classes, score_tags
from app.lab.tags import OUTSIDE
from app.lab.tasks.classification import softmax
from app.tasks import TAGGING

__all__ = ["TokenClassification", "choose_tags", "flatten_tags"]

Probabilities = Sequence[npt.NDArray[np.float32]]
Tags = npt.NDArray[np.int64]
CHANCE = 1.96  # standard deviations: the bound of 95 % of what chance brings about


@dataclass(frozen=True)
class TokenClassification:
    """See `app.lab.tasks.task.Task`."""

    kind: str = TAGGING.name
    auto_class: str = "AutoModelForTokenClassification"

    def head(self, labels: Sequence[str]) -> Mapping[str, Any]:
        return {
            "id2label": dict(enumerate(labels)),
            "label2id": {label: index for index, label in enumerate(labels)},
        }

    def read_logits(self, logits: Sequence[npt.NDArray[np.float32]]) -> Probabilities:
        ends = np.cumsum([len(row) for row in logits])[:-1]
        return np.split(softmax(np.concatenate(logits)), ends)

    def mean_loss(self, outputs: Probabilities, split: Split) -> float:
        """Mean cross-entropy of the words that were seen, in nats."""
        seen = [tag for found, tags in zip(outputs, split.labels, strict=True) for tag in tags[: len(found)]]
        chosen = np.concatenate(outputs)[np.arange(len(seen)), seen]
        return float(-np.log(np.clip(chosen, 1e-12, None)).mean())

    def score(self, metric: str, outputs: Probabilities, split: Split) -> float:
        if not all(np.isfinite(found).all() for found in outputs):
            return float("nan")  # a model that diverged has no tags to score
        return score_tags(metric, choose_tags(outputs, split), *_truth(split), split.names)

    def ceiling(self, metric: str, split: Split) -> float | None:
        return (
            None if split.clean is None else score_tags(metric, flatten_tags(split.clean), *_truth(split), split.names)
        )

    def agreement(self, one: Probabilities, other: Probabilities) -> float:
        """The share of the sentences with the same tags throughout."""
        same = [np.array_equal(mine.argmax(1), yours.argmax(1)) for mine, yours in zip(one, other, strict=True)]
        return float(np.mean(same))

    def is_at_chance(self, outputs: Probabilities, split: Split) -> bool:
        """By Matthews' correlation over words, as for classes: whether tags have anything to do with the true ones."""
        if not all(np.isfinite(found).all() for found in outputs):
            return True
        truth, _ = _truth(split)
        sure = np.eye(len(split.names))[choose_tags(outputs, split)]
        return not score_classes("matthews_correlation", sure, truth) > CHANCE / np.sqrt(len(truth))

    def fit_baseline(self, family: str, train: Split, labels: Sequence[str], seed: int) -> Baseline:
        return fit_tags(train, len(labels))

    def predictions(self, outputs: Probabilities, examples: Examples, split: Split) -> pd.DataFrame:
        """The id (row of the split), tags as lists of names, and how many entities are true, predicted and correct."""
        names = np.asarray(examples.labels, dtype=object)
        counts = _count(outputs, split)
        return pd.DataFrame(
            {
                "id": np.arange(len(split)),
                "label": [names[list(tags)].tolist() for tags in split.labels],
                "prediction": [names[tags].tolist() for tags in _choose_by_sentence(outputs, split)],
                "entities": counts.true,
                "predicted": counts.predicted,
                "correct": counts.correct,
            }
        )

    def worst(self, outputs: Probabilities, examples: Examples, split: Split, rows: int) -> pd.DataFrame:
        """The sentences with the most wrong entities, missed or made up: words, true entities, predicted ones."""
        counts, chosen = _count(outputs, split), _choose_by_sentence(outputs, split)
        wrong = counts.true + counts.predicted - 2 * counts.correct
        order = [row for row in np.argsort(-wrong, kind="stable").tolist() if wrong[row]][:rows]
        texts, names = split.texts[0], examples.labels
        return pd.DataFrame(
            {
                "text": [" ".join(texts[row]) for row in order],
                "label": [describe_entities(texts[row], split.labels[row], names) for row in order],
                "prediction": [describe_entities(texts[row], chosen[row].tolist(), names) for row in order],
                "wrong": wrong[order],
            }
        )

    def plot_labels(self, examples: Examples) -> Picture:
        return charts.plot_tags(examples)

    def plot_outcome(self, outputs: Probabilities, examples: Examples, split: Split) -> Picture:
        """The confusion matrix of tags, over words."""
        return charts.plot_confusion(_truth(split)[0], choose_tags(outputs, split), examples.labels, of="words")


def choose_tags(outputs: Probabilities, split: Split) -> Tags:
    """The most probable tag of each word, one sentence after the other; `O` for words that were cut off."""
    chosen = np.full(sum(map(len, split.labels)), split.names.index(OUTSIDE))
    lengths, seen = _lengths(split.labels), _lengths(outputs)
    place = np.arange(len(chosen)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    chosen[place < np.repeat(seen, lengths)] = np.concatenate(outputs).argmax(1)
    return chosen


def flatten_tags(rows: Sequence[Sequence[int]]) -> Tags:
    """The tags of all words, one sentence after the other."""
    return np.fromiter((tag for tags in rows for tag in tags), dtype=np.int64)


def _truth(split: Split) -> tuple[Tags, Tags]:
    """True tags of all words, and the words of each sentence."""
    return flatten_tags(split.labels), _lengths(split.labels)


def _count(outputs: Probabilities, split: Split) -> Counts:
    truth, lengths = _truth(split)
    return count_entities(truth, choose_tags(outputs, split), lengths, split.names)


def _choose_by_sentence(outputs: Probabilities, split: Split) -> list[Tags]:
    return np.split(choose_tags(outputs, split), np.cumsum(_lengths(split.labels))[:-1])


def _lengths(rows: Sequence[Any]) -> Tags:
    return np.fromiter(map(len, rows), dtype=np.int64, count=len(rows))
