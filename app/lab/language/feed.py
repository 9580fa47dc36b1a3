"""What the trainer is fed of running text: blocks of tokens, as a causal or a masked model learns from them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.utils.data import Dataset
from transformers import PreTrainedTokenizerBase

from app.lab.datasets import Split
from app.lab.language.masks import IGNORED, body_length, hide_at_random, wrap_blocks
from app.lab.language.stream import Ids, cut_blocks, encode_stream
from app.tasks import CAUSAL

__all__ = ["Blocks", "Collator", "Draws", "cut_training_blocks", "make_collator"]

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
        self._fed = 0  # batches
        self._before: Mapping[str, Any] = self._random.bit_generator.state  # before the last of them was drawn

    def state_after(self, batches: int) -> Mapping[str, Any]:
        """The random numbers after so many batches: all that were fed, or one less, which the loader has ahead."""
        return self._random.bit_generator.state if batches == self._fed else self._before

    def go_on(self, batches: int, state: Mapping[str, Any]) -> None:
        """Have fed so many batches, and have random numbers in that state."""
        self._fed, self._before = batches, state
        self._random.bit_generator.state = dict(state)

    def __call__(self, rows: Sequence[Row]) -> dict[str, torch.Tensor]:
        self._fed, self._before = self._fed + 1, self._random.bit_generator.state
        blocks = np.stack([row["input_ids"] for row in rows])
        if self._kind == CAUSAL.name:
            labels = blocks.copy()
            labels[:, 0] = IGNORED  # nothing goes before it: the model leaves it out, and so must the count of tokens
            return {"input_ids": torch.from_numpy(blocks), "labels": torch.from_numpy(labels)}
        shown, labels = hide_at_random(blocks, self._tokenizer, self._vocabulary, self._random)
        return {"input_ids": torch.from_numpy(shown), "labels": torch.from_numpy(labels)}


class Draws:
    """What masked tokens are drawn from, as something that a training can be carried on with."""

    def __init__(self, collator: Collator, batches: Callable[[], int]) -> None:
        """`batches` tells how many the trainer has computed so far."""
        self._collator, self._batches = collator, batches

    def state(self) -> Mapping[str, Any]:
        return {"after": self._batches(), "random": self._collator.state_after(self._batches())}

    def restore_state(self, state: Mapping[str, Any]) -> None:
        self._collator.go_on(state["after"], state["random"])


def make_collator(tokenizer: PreTrainedTokenizerBase, kind: str, vocabulary: int, seed: int) -> Collator:
    """What makes a batch of blocks, for models of `kind` with so many tokens to choose among."""
    return Collator(tokenizer, kind, vocabulary, seed)
