"""What a benchmark compares: a transformer or a baseline, built, trained and asked in the same words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from app.config import BASELINES, Architecture
from app.lab.baselines import Baseline
from app.lab.datasets import Examples, Split
from app.lab.history import History
from app.lab.parameters import Settings
from app.lab.tasks import Outputs, task_of
from app.layout import RunFolder
from app.results import Truncated
from app.tasks import REGRESSION

if TYPE_CHECKING:
    from app.lab.architectures import Built
    from app.lab.training import TrainedTransformer

__all__ = ["Competitor", "Trained", "build_competitor", "train_competitor"]


@dataclass(frozen=True)
class Competitor:
    """One architecture, ready to be trained. A baseline has nothing to build: `built` is None."""

    architecture: Architecture
    built: Built | None
    truncated: Mapping[str, Truncated] = field(default_factory=dict)  # split -> what max_length cut off

    @property
    def family(self) -> str:
        return self.built.family if self.built else str(self.architecture.family)

    def describe(self) -> dict[str, str]:
        """What a reader wants to know of it, line by line."""
        if self.built is None:
            return {"name": self.architecture.name, "kind": "baseline, not a neural network"}
        config = self.built.model.config
        shape = {
            "layers": getattr(config, "num_hidden_layers", getattr(config, "n_layers", None)),
            "hidden size": getattr(config, "hidden_size", getattr(config, "dim", None)),
            "attention heads": getattr(config, "num_attention_heads", getattr(config, "n_heads", None)),
            "vocabulary": config.vocab_size,
        }
        return {
            "name": self.architecture.name,
            "family": self.family,
            "weights": self.architecture.checkpoint or "from scratch, drawn at random",
            **{label: f"{value:,}" for label, value in shape.items() if value is not None},
            "parameters": f"{self.built.parameters:,}",
        }

    def describe_truncation(self) -> pd.DataFrame:
        """How many rows of each split lost tokens to max_length, and how many tokens."""
        return pd.DataFrame(
            [
                {
                    "split": split,
                    "rows cut": f"{cut.rows:,}",
                    "tokens lost": f"{cut.tokens:,}",
                    "of all tokens": f"{cut.tokens / cut.of_tokens:.1%}",
                }
                for split, cut in self.truncated.items()
            ]
        )

    def used(self, settings: Settings) -> dict[str, Any]:
        """The hyperparameters that make a difference to it: none for a baseline."""
        return settings.hyperparameters if self.built else {}


@dataclass(frozen=True)
class Trained:
    """A competitor after training: it says what it takes each row for, and knows what it cost."""

    model: TrainedTransformer | Baseline
    parameters: int
    train_seconds: float
    rows_per_second: float
    best_epoch: float | None
    precision: str
    resumed_epoch: float | None = None  # where training was carried on from a checkpoint

    def predict(self, split: Split) -> Outputs:
        """What it says of each row, in their order, in the form of the task."""
        return self.model.predict(split)


def build_competitor(
    architecture: Architecture, examples: Examples, *, max_length: int, seed: int, dropout: float = -1.0
) -> Competitor:
    """Load the checkpoint, or draw fresh weights and train a tokenizer on the training split.

    `dropout` goes before every rate of dropout that the model has; -1 leaves them.

    Raises:
        UsageError: the checkpoint or the configuration cannot be used.
    """
    if architecture.family in BASELINES:
        return Competitor(architecture, None)
    from app.lab.architectures import build_model
    from app.lab.centring import centre_head
    from app.lab.dropout_rate import with_dropout
    from app.lab.tokens import encode_split
    from app.lab.training import seed_everything

    seed_everything(seed)
    train = examples.splits["train"]
    texts = [text for column in train.strings for text in column]
    task = task_of(examples.kind)
    if train.running is not None:  # which is cut into blocks and not truncated
        vocabulary = train.running.vocabulary
        model = build_model(
            architecture, task=task, labels=(), texts=texts, max_length=max_length, vocabulary=vocabulary
        )
        return Competitor(architecture, model)
    built = build_model(architecture, task=task, labels=examples.labels, texts=texts, max_length=max_length)
    if task.kind == REGRESSION.name:
        centre_head(built.model, train.labels)
    if dropout >= 0:
        built = replace(built, model=with_dropout(built.model, dropout))
    encoded = {name: encode_split(split, built.tokenizer, max_length) for name, split in examples.splits.items()}
    return Competitor(architecture, built, {name: split.truncated for name, split in encoded.items()})


def train_competitor(
    competitor: Competitor,
    examples: Examples,
    settings: Settings,
    *,
    max_length: int,
    metric: str,
    history: History,
    keep_in: str = "",
) -> Trained:
    """Train on `train`; the best epoch is the one with the best `metric` on `validation`.

    Args:
        competitor: changed in place.
        examples: the data.
        settings: hyperparameters; a baseline takes the seed alone.
        max_length: tokens of a row at most.
        metric: one of those of the examples' kind of task.
        history: gets a row for each log and each epoch.
        keep_in: the folder of the run, to save weights and tokenizer in; empty: they are not kept.
    """
    if competitor.built is None:
        train = examples.splits["train"]
        family = str(competitor.architecture.family)
        baseline = task_of(examples.kind).fit_baseline(family, train, examples.labels, settings.seed)
        rate = len(train) / max(baseline.train_seconds, 1e-9)
        return Trained(baseline, baseline.parameters, baseline.train_seconds, rate, None, "fp64")
    from app.lab.training import train_transformer

    model = train_transformer(
        competitor.built, examples, settings, max_length=max_length, metric=metric, history=history
    )
    if keep_in:
        place = RunFolder(Path(keep_in)).model
        competitor.built.model.save_pretrained(place)
        competitor.built.tokenizer.save_pretrained(place)
    return Trained(
        model=model,
        parameters=model.parameters,
        train_seconds=model.train_seconds,
        rows_per_second=model.rows_per_second,
        best_epoch=model.best_epoch,
        precision=model.precision,
        resumed_epoch=model.resumed_epoch,
    )
