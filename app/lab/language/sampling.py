"""A few blocks of running text, for engines to be compared on: what they are shown, and what is right."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from app.lab.architectures import Built
from app.lab.datasets import Split
from app.lab.language.masks import IGNORED, body_length, hide_fixed, wrap_blocks
from app.lab.language.stream import Ids, cut_blocks, encode_stream
from app.lab.metrics import score_losses
from app.lab.tokens import EncodedSplit
from app.results import Truncated
from app.tasks import CAUSAL

__all__ = ["sample_blocks", "score_blocks"]

NUMBERS = 2**24  # logits at most: 64 MiB


def sample_blocks(split: Split, built: Built, window: int) -> tuple[EncodedSplit, Ids]:
    """Blocks as rows of tokens, and the token that is right at each place: `IGNORED` where none is scored."""
    ids, tokenizer = encode_stream(split, built.tokenizer).ids, built.tokenizer
    count = max(1, NUMBERS // (window * built.model.config.vocab_size))
    if built.task.kind == CAUSAL.name:
        blocks = cut_blocks(ids, min(window, len(ids)))[:count]
        targets = np.concatenate([blocks[:, 1:], np.full((len(blocks), 1), IGNORED)], axis=1)
    else:
        hidden = hide_fixed(ids, body_length(tokenizer, window))
        shown, true = hidden.blocks.copy()[:count], hidden.blocks[:count]
        shown[hidden.mask[:count]] = tokenizer.mask_token_id
        blocks = wrap_blocks(shown, tokenizer)
        targets = np.where(blocks == tokenizer.mask_token_id, wrap_blocks(true, tokenizer), IGNORED)
    lengths = np.full(len(blocks), blocks.shape[1])
    types = np.zeros(blocks.size, dtype=np.uint8) if "token_type_ids" in tokenizer("a") else None
    nothing = Truncated(rows=0, tokens=0, of_tokens=blocks.size)
    return EncodedSplit(
        blocks.ravel().astype(np.int32), types, lengths, np.zeros(len(blocks), dtype=int), nothing
    ), targets


def score_blocks(metric: str, logits: npt.NDArray[np.float32], targets: Ids, built: Built) -> float:
    """One score of logits of shape (blocks, tokens, vocabulary) against the right tokens."""
    scored = targets != IGNORED
    found, right = logits[scored].astype(np.float64), targets[scored]
    largest = found.max(axis=1, keepdims=True)
    losses = np.log(np.exp(found - largest).sum(axis=1)) + largest[:, 0] - found[np.arange(len(right)), right]
    characters = sum(map(len, built.tokenizer.batch_decode([[token] for token in right.tolist()])))
    return score_losses(metric, losses, np.ones(len(losses), dtype=int), characters)
