"""This project's side, at its default settings: the one place where `benchmarks` calls `app.lab`."""

from __future__ import annotations

from typing import Any

from app.lab.architectures import Built
from app.lab.datasets import Examples, Split
from app.lab.history import History
from app.lab.parameters import Settings
from app.lab.tasks import task_of
from app.lab.training import train_transformer
from app.tasks import CLASSIFICATION
from benchmarks.workloads import BATCH, LABELS, Workload, make_model, make_texts, make_tokenizer

__all__ = ["build", "train"]


def build(workload: Workload) -> Built:
    """The model and its tokenizer."""
    tokenizer = make_tokenizer()
    tokenizer.model_max_length = workload.max_length
    model = make_model(workload.model)
    parameters = sum(parameter.numel() for parameter in model.parameters())
    task = task_of(CLASSIFICATION.name)
    return Built(model=model, tokenizer=tokenizer, family="bert", parameters=parameters, task=task)


def train(built: Built, workload: Workload, rows: int, seed: int = 0) -> Any:
    """Train one epoch over `rows` texts; what the training run says of itself."""
    texts, _, labels = make_texts(workload.shape, rows, seed)
    train_split = Split((tuple(texts),), tuple(labels))
    examples = Examples(
        path="benchmarks",
        revision=None,
        labels=tuple(f"class {number}" for number in range(LABELS)),
        splits={"train": train_split, "validation": train_split.take(range(4))},
        fingerprint=f"{workload.shape}-{rows}-{seed}",
        validation_from_train=False,
    )
    settings = Settings(learning_rate=5e-5, epochs=1, batch_size=BATCH)
    return train_transformer(
        built, examples, settings, max_length=workload.max_length, metric="accuracy", history=History("accuracy")
    )
