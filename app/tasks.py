"""The kinds of task: the metrics that score each, the one that ranks unless told, its baselines, its corpora."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

__all__ = [
    "BASELINES",
    "CAUSAL",
    "CLASSIFICATION",
    "CORPORA",
    "DECODERS",
    "KINDS",
    "LANGUAGE",
    "MASKED",
    "METRICS",
    "REGRESSION",
    "TAGGING",
    "VOCABULARIES",
    "TaskKind",
    "direction",
]


@dataclass(frozen=True, kw_only=True)
class TaskKind:
    """What a benchmark file may say of a task of this kind."""

    name: str
    metrics: tuple[str, ...]  # all are reported, one ranks
    ranked_by: str  # unless the file names another
    baselines: tuple[str, ...]  # families that are no neural networks
    corpora: tuple[str, ...]  # builtin/<name>
    vocabulary: str | None = None  # of VOCABULARIES, unless the file names another; None: no choice of the file


CLASSIFICATION = TaskKind(
    name="text-classification",
    metrics=(
        "accuracy",
        "f1",
        "f1_macro",
        "f1_weighted",
        "precision",
        "recall",
        "matthews_correlation",
        "auroc",
        "calibration_error",
    ),
    ranked_by="accuracy",
    baselines=("majority", "tfidf-logreg"),
    corpora=("acceptability", "intents", "sentiment"),
)
REGRESSION = TaskKind(
    name="text-regression",
    metrics=("pearson", "spearman", "mae", "mse"),
    ranked_by="spearman",
    baselines=("mean", "tfidf-ridge"),
    corpora=("ratings",),
)

TAGGING = TaskKind(
    name="token-classification",
    metrics=("entity_f1", "entity_precision", "entity_recall", "token_accuracy"),
    ranked_by="entity_f1",
    baselines=("most-frequent-tag",),
    corpora=("entities",),
)
CAUSAL = TaskKind(
    name="causal-lm",
    metrics=("perplexity", "loss", "bits_per_character"),
    ranked_by="perplexity",
    baselines=("unigram", "bigram"),
    corpora=("lyrics",),
    vocabulary="characters",
)
MASKED = TaskKind(
    name="masked-lm",
    metrics=("perplexity", "loss", "pseudo_perplexity"),  # of masked tokens: no causal model's figures compare
    ranked_by="perplexity",
    baselines=("unigram",),
    corpora=("lyrics",),
    vocabulary="wordpieces",
)
LANGUAGE = (CAUSAL.name, MASKED.name)  # of running text: no labels are read
VOCABULARIES = ("characters", "wordpieces")
DECODERS = ("gpt2", "bigram-embedding")  # the families of causal-lm, and of no other kind

KINDS: Mapping[str, TaskKind] = {kind.name: kind for kind in (CLASSIFICATION, REGRESSION, TAGGING, CAUSAL, MASKED)}
METRICS = tuple(dict.fromkeys(metric for kind in KINDS.values() for metric in kind.metrics))
BASELINES = tuple(dict.fromkeys(family for kind in KINDS.values() for family in kind.baselines))
CORPORA = tuple(dict.fromkeys(corpus for kind in KINDS.values() for corpus in kind.corpora))

_LOWER_IS_BETTER = frozenset(
    {"calibration_error", "mae", "mse", "perplexity", "loss", "bits_per_character", "pseudo_perplexity"}
)


def direction(metric: str) -> Literal["max", "min"]:
    """Whether a higher value of the metric is better, or a lower one."""
    return "min" if metric in _LOWER_IS_BETTER else "max"
