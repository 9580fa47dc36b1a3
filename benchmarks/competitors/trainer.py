"""Training by the transformers `Trainer`, as a user would set it up; a batch of 32 rows like everyone here."""

from __future__ import annotations

import json
import tempfile
from typing import Any

import torch
from transformers import Trainer, TrainingArguments

from benchmarks.workloads import BATCH, Workload, make_model, make_texts, make_tokenizer

__all__ = ["measure"]


def measure(workload: Workload, *, pad_all: bool) -> None:
    """Train a little to warm up, then measure, and print rows a second.

    Args:
        workload: what to train on.
        pad_all: pad every text to the greatest length, rather than each batch to its longest.
    """
    tokenizer, model = make_tokenizer(), make_model(workload.model)
    texts, _, labels = make_texts(workload.shape, workload.rows)
    how = {"padding": "max_length"} if pad_all else {}
    rows = [
        {**tokenizer(text, truncation=True, max_length=workload.max_length, **how), "labels": label}
        for text, label in zip(texts, labels, strict=True)
    ]
    steps = min(workload.steps or len(rows), -(-len(rows) // BATCH))
    _train(model, tokenizer, rows, steps=1)
    seconds = _train(model, tokenizer, rows, steps=steps)
    rate = min(steps * BATCH, len(rows)) / seconds
    print(json.dumps({"rows_per_second": rate, "precision": "fp32"}))


def _train(model: Any, tokenizer: Any, rows: list[dict[str, Any]], *, steps: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            output_dir=folder,
            max_steps=steps,
            per_device_train_batch_size=BATCH,
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
            dataloader_pin_memory=torch.cuda.is_available(),  # without a GPU it does nothing but warn
        )
        # with a tokenizer the Trainer pads each batch to its longest by itself
        trainer = Trainer(model=model, args=arguments, train_dataset=rows, processing_class=tokenizer)
        return float(trainer.train().metrics["train_runtime"])
