"""What is hidden from a masked model: fixed places to be scored by, random ones to learn from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from transformers import PreTrainedTokenizerBase

from app.lab.language.stream import Ids, cut_blocks

__all__ = ["IGNORED", "SHARE", "Hidden", "body_length", "hide_at_random", "hide_fixed", "pick_blocks", "wrap_blocks"]

SHARE = 0.15  # of the tokens, as BERT has it: Devlin et al. 2018 (arXiv 1810.04805), section 3.1
MASKED, REPLACED = 0.8, 0.1  # of those: shown as [MASK], shown as another token; the rest is shown as it is
SAMPLE = 512  # tokens, about, that are hidden one at a time
IGNORED = -100  # the label of what the loss leaves out

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Hidden:
    """Blocks of a text without special tokens, and which of their tokens are hidden: both of shape (blocks, body)."""

    blocks: Ids
    mask: Mask


def body_length(tokenizer: PreTrainedTokenizerBase, window: int) -> int:
    """Tokens of the text in a block of `window` tokens: the rest are the marks of its begin and end."""
    return window - sum(mark is not None for mark in (tokenizer.cls_token_id, tokenizer.sep_token_id))


def wrap_blocks(blocks: Ids, tokenizer: PreTrainedTokenizerBase) -> Ids:
    """The blocks between the tokenizer's marks, of shape (blocks, window)."""
    marks = [
        np.full((len(blocks), int(mark is not None)), mark if mark is not None else 0, dtype=np.int64)
        for mark in (tokenizer.cls_token_id, tokenizer.sep_token_id)
    ]
    return np.concatenate([marks[0], blocks, marks[1]], axis=1)


def hide_fixed(ids: Ids, body: int) -> Hidden:
    """The same 15 % of the tokens of a text every time, and one of each block at least.

    All blocks have `body` tokens; a text that is shorter is one block.
    """
    blocks = cut_blocks(ids, min(body, len(ids)))
    random = np.random.default_rng(0)
    draws = random.random(blocks.shape)
    mask = draws < SHARE
    mask[np.arange(len(blocks)), draws.argmin(axis=1)] = True
    return Hidden(blocks, mask)


def pick_blocks(blocks: Ids) -> Ids:
    """Some blocks, evenly spread over the text, with about `SAMPLE` tokens in all; one at least."""
    count = min(len(blocks), max(1, SAMPLE // blocks.shape[1]))
    picked: Ids = blocks[np.linspace(0, len(blocks) - 1, count).round().astype(int)]
    return picked


def hide_at_random(
    blocks: Ids, tokenizer: PreTrainedTokenizerBase, vocabulary: int, random: np.random.Generator
) -> tuple[Ids, Ids]:
    """What a model in training is shown, and the labels: `IGNORED` but for the 15 % that it has to tell.

    Of these, 80 % are shown as the mask, 10 % as a token drawn from the vocabulary, 10 % as they are. Special tokens
    stay as they are.
    """
    draws = random.random(blocks.shape)
    draws[np.isin(blocks, tokenizer.all_special_ids)] = 1
    chosen = draws < SHARE
    shown = np.where(draws < SHARE * MASKED, tokenizer.mask_token_id, blocks)
    others = random.integers(0, vocabulary, blocks.shape)
    replaced = chosen & (draws >= SHARE * MASKED) & (draws < SHARE * (MASKED + REPLACED))
    return np.where(replaced, others, shown), np.where(chosen, blocks, IGNORED)
