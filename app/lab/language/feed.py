"""What the trainer is fed of running text: blocks of tokens, as a causal or a masked model learns from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch.utils.data import Dataset
from transformers import PreTrainedTokenizerBase

from app.lab.datasets import Split
from app.lab.language.masks import IGNORED, body_length, hide_at_random, wrap_blocks
from app.lab.language.stream import Ids, cut_blocks, encode_stream
from app.tasks import CAUSAL

__all__ = ["Blocks", "cut_training_blocks", "make_collator"]

Row = Mapping[str, Ids]


@dataclass(frozen=True, eq=False)
class Blocks(Dataset[Row]):
    """A training text in blocks that are equally long, of shape (blocks, window)."""

    ids: Ids

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, index: int) -> Row:
        return {"input_ids": self.ids[index]}


def cut_training_blocks(split: Split, tokenizer: PreTrainedTokenizerBase, kind: str) -> Blocks:
    """The blocks of the training text; for a masked model each between the marks of its tokenizer.

    Raises:
        DataError: the text has not as many tokens as one block.
    """
    assert split.running is not None
    ids, window = encode_stream(split, tokenizer).ids, split.running.window
    if kind == CAUSAL.name:
        return Blocks(cut_blocks(ids, window))
    return Blocks(wrap_blocks(cut_blocks(ids, body_length(tokenizer, window)), tokenizer))


class Collator:
    """Blocks as a batch. A masked model is shown other gaps each time, drawn by `seed`."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase, kind: str, vocabulary: int, seed: int) -> None:
        self._tokenizer, self._kind, self._vocabulary = tokenizer, kind, vocabulary
        self._random = np.random.default_rng(seed)

    def __call__(self, rows: Sequence[Row]) -> dict[str, torch.Tensor]:
        blocks = np.stack([row["input_ids"] for row in rows])
        if self._kind == CAUSAL.name:
            labels = blocks.copy()
            labels[:, 0] = IGNORED  # nothing goes before it: the model leaves it out, and so must the count of tokens
            return {"input_ids": torch.from_numpy(blocks), "labels": torch.from_numpy(labels)}
        shown, labels = hide_at_random(blocks, self._tokenizer, self._vocabulary, self._random)
        return {"input_ids": torch.from_numpy(shown), "labels": torch.from_numpy(labels)}


def make_collator(tokenizer: PreTrainedTokenizerBase, kind: str, vocabulary: int, seed: int) -> Collator:
    """What makes a batch of blocks, for models of `kind` with so many tokens to choose among."""
    return Collator(tokenizer, kind, vocabulary, seed)
