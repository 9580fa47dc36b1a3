"""The predictions of a trained transformer: batches of similar length, rows back in their order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from transformers import PreTrainedModel

from app.lab.tokens import EncodedSplit, length_batches

__all__ = ["EVALUATION_TOKENS", "gather_logits", "predict_logits"]

Scores = npt.NDArray[np.float32]
Logits = Any
"""One array, or a list of them: see `gather_logits`."""
Forward = Callable[[Mapping[str, torch.Tensor]], Scores]
"""Logits of a batch, of shape (rows, ...)."""

EVALUATION_TOKENS = 8192  # tokens of one evaluation batch, after padding


@torch.inference_mode()
def predict_logits(model: PreTrainedModel, split: EncodedSplit, pad_token_id: int, precision: str) -> Logits:
    """What `gather_logits` gives, by the model itself; `precision` is `fp32` or `bf16` (autocast)."""
    model.train(False)
    device = model.device

    def forward(batch: Mapping[str, torch.Tensor]) -> Scores:
        output = model(**{name: tensor.to(device) for name, tensor in batch.items()})
        logits: Scores = output.logits.float().cpu().numpy()
        return logits

    with torch.autocast(device.type, torch.bfloat16, enabled=precision == "bf16"):
        return gather_logits(forward, split, pad_token_id, EVALUATION_TOKENS)


def gather_logits(forward: Forward, split: EncodedSplit, pad_token_id: int, tokens: int) -> Logits:
    """What `forward` gives for every row, in batches of similar length and of at most `tokens` tokens.

    Returns:
        Logits of shape (rows, ...), in the order of the rows. Where tokens have labels, a list with an array of shape
        (words, ...) for each row: what stands at the first token of each word that max_length has left.
    """
    if split.words is not None:
        return _gather_words(forward, split, pad_token_id, tokens)
    logits: Scores | None = None
    for rows in length_batches(split.lengths, tokens):
        batch = split.batch(rows, pad_token_id)
        batch.pop("labels")
        found = forward(batch)
        if logits is None:
            logits = np.empty((len(split), *found.shape[1:]), dtype=np.float32)
        logits[rows] = found
    assert logits is not None  # no split is empty
    return logits


def _gather_words(forward: Forward, split: EncodedSplit, pad_token_id: int, tokens: int) -> list[Scores]:
    logits: list[Scores] = [np.empty(0, dtype=np.float32)] * len(split)
    for rows in length_batches(split.lengths, tokens):
        batch = split.batch(rows, pad_token_id)
        batch.pop("labels")
        for row, found in zip(rows, forward(batch), strict=True):
            logits[row] = found[split.first_pieces(row)]
    return logits
