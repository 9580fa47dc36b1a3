"""Inference by `transformers.pipeline`, texts in and class probabilities out, in batches of 32 where there are many."""

from __future__ import annotations

import torch
from transformers import pipeline

from benchmarks.competitors.asking import measure
from benchmarks.workloads import BATCH, make_model, make_tokenizer, parse_workload


def main() -> None:
    """Measure single questions, then many at once."""
    workload = parse_workload(__doc__)
    tokenizer = make_tokenizer()
    tokenizer.model_max_length = workload.max_length
    device = 0 if torch.cuda.is_available() else -1
    classify = pipeline("text-classification", model=make_model(workload.model), tokenizer=tokenizer, device=device)

    def ask(texts: list[str]) -> object:
        return classify(texts, batch_size=min(BATCH, len(texts)), top_k=None, truncation=True)

    measure(ask, workload, precision="fp32")


if __name__ == "__main__":
    main()
