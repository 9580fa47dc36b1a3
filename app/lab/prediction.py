"""The predictions of a trained transformer: batches of similar length, rows back in their order."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from transformers import PreTrainedModel

from app.lab.tokens import EncodedSplit, length_batches, pad_rows

__all__ = ["Scores", "predict_logits", "softmax"]

Scores = npt.NDArray[np.float32]

EVALUATION_TOKENS = 8192  # tokens of one evaluation batch, after padding


@torch.inference_mode()
def predict_logits(model: PreTrainedModel, split: EncodedSplit, pad_token_id: int, precision: str) -> Scores:
    """Logits of shape (rows, classes), in the order of the rows; `precision` is `fp32` or `bf16` (autocast)."""
    model.train(False)
    device = model.device
    logits = np.empty((len(split), int(model.config.num_labels or 0)), dtype=np.float32)
    with torch.autocast(device.type, torch.bfloat16, enabled=precision == "bf16"):
        for rows in length_batches(split.lengths, EVALUATION_TOKENS):
            batch = pad_rows([split[row] for row in rows], pad_token_id)
            batch.pop("labels")
            output = model(**{name: tensor.to(device) for name, tensor in batch.items()})
            logits[rows] = output.logits.float().cpu().numpy()
    return logits


def softmax(logits: Scores) -> Scores:
    """Probabilities of each row."""
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities: Scores = shifted / shifted.sum(axis=1, keepdims=True)
    return probabilities
