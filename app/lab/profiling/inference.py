"""What a trained model costs to use: seconds a batch, rows a second, bytes of memory."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from app.lab.baselines import Baseline
from app.lab.competitors import Trained
from app.lab.datasets import Examples
from app.results import InferenceCost

__all__ = ["measure_inference", "peak_memory_bytes"]

WARM_UP, AT_LEAST, AT_MOST = 2, 5, 200  # forward passes
ENOUGH_SECONDS = 0.15  # of timing for one shape, once AT_LEAST passes are done


def measure_inference(
    trained: Trained,
    examples: Examples,
    *,
    batch_sizes: Sequence[int],
    sequence_lengths: Sequence[int],
    max_length: int,
) -> tuple[InferenceCost, ...]:
    """Time forward passes of every batch size at every length, in tokens, up to `max_length`.

    A transformer gets random token ids without padding, in fp32, tokenising left out. A baseline has no tokens: it
    gets texts of that many words, vectorising included, since that is its model.
    """
    lengths = [length for length in sequence_lengths if length <= max_length] or [max_length]
    shapes = [(rows, length) for rows in batch_sizes for length in lengths]
    if isinstance(trained.model, Baseline):
        words = " ".join(
            " ".join(column) for column in examples.splits["train"].texts[:1] for column in [column[:50]]
        ).split()
        backend = "sklearn"
        passes = [_baseline_pass(trained.model, words, rows, length) for rows, length in shapes]
    else:
        backend = "torch"
        passes = [_transformer_pass(trained.model.built.model, rows, length) for rows, length in shapes]
    return tuple(_time(one, backend, *shape) for one, shape in zip(passes, shapes, strict=True))


def peak_memory_bytes() -> int:
    """The most memory this process has held: of the GPU where torch used one, else its resident set."""
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available() and torch.cuda.is_initialized():
        return int(torch.cuda.max_memory_allocated())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024  # macOS counts bytes, Linux KiB


def _baseline_pass(model: Baseline, words: Sequence[str], rows: int, length: int) -> Callable[[], object]:
    text = " ".join((list(words) * (length // len(words) + 1))[:length])
    return lambda: model.predict_texts([text] * rows)


def _transformer_pass(model: Any, rows: int, length: int) -> Callable[[], object]:
    import torch

    low = min(1000, model.config.vocab_size // 2)
    ids = torch.randint(low, model.config.vocab_size, (rows, length), device=model.device)
    mask = torch.ones_like(ids)

    @torch.inference_mode()
    def forward() -> None:
        model(input_ids=ids, attention_mask=mask)
        if ids.is_cuda:
            torch.cuda.synchronize()

    return forward


def _time(one: Callable[[], object], backend: str, batch_size: int, sequence_length: int) -> InferenceCost:
    for _ in range(WARM_UP):
        one()
    seconds: list[float] = []
    while len(seconds) < AT_MOST and (len(seconds) < AT_LEAST or sum(seconds) < ENOUGH_SECONDS):
        began = time.perf_counter()
        one()
        seconds.append(time.perf_counter() - began)
    return InferenceCost(
        backend=backend,
        batch_size=batch_size,
        sequence_length=sequence_length,
        p50_seconds=float(np.percentile(seconds, 50)),
        p95_seconds=float(np.percentile(seconds, 95)),
        samples_per_second=batch_size / float(np.mean(seconds)),
    )
