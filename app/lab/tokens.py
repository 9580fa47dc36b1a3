"""Texts as token ids: truncated once, padded only as far as their batch needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch.utils.data import Dataset
from transformers import PreTrainedTokenizerBase

from app.lab.datasets import Split

__all__ = ["EncodedSplit", "encode_split", "length_batches", "pad_rows"]

Row = Mapping[str, Any]


@dataclass(frozen=True)
class EncodedSplit(Dataset[Row]):
    """The rows of one split as lists of token ids. Lists, not Arrow: reading a row must cost next to nothing."""

    rows: tuple[Row, ...]
    lengths: npt.NDArray[np.int64]  # tokens of each row
    truncated: int  # rows that lost tokens to max_length

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> Row:
        return self.rows[index]


def encode_split(split: Split, tokenizer: PreTrainedTokenizerBase, max_length: int) -> EncodedSplit:
    """Token ids of one text or a pair, at most `max_length` of them, special tokens included."""
    encoded = tokenizer(*[list(column) for column in split.texts], truncation=True, max_length=max_length)
    names = [name for name in ("input_ids", "token_type_ids") if name in encoded]
    rows = tuple(
        {**{name: encoded[name][row] for name in names}, "labels": label} for row, label in enumerate(split.labels)
    )
    lengths = np.fromiter((len(row["input_ids"]) for row in rows), dtype=np.int64, count=len(rows))
    truncated = sum(bool(encoding.overflowing) for encoding in encoded.encodings or ())
    return EncodedSplit(rows, lengths, truncated)


def pad_rows(rows: Sequence[Row], pad_token_id: int) -> dict[str, torch.Tensor]:
    """A batch: ids, mask and type ids of shape (rows, longest of the batch), labels of shape (rows,)."""
    longest = max(len(row["input_ids"]) for row in rows)
    batch = {"input_ids": np.full((len(rows), longest), pad_token_id, dtype=np.int64)}
    batch["attention_mask"] = np.zeros((len(rows), longest), dtype=np.int64)
    if "token_type_ids" in rows[0]:
        batch["token_type_ids"] = np.zeros((len(rows), longest), dtype=np.int64)
    for index, row in enumerate(rows):
        length = len(row["input_ids"])
        batch["input_ids"][index, :length] = row["input_ids"]
        batch["attention_mask"][index, :length] = 1
        if "token_type_ids" in batch:
            batch["token_type_ids"][index, :length] = row["token_type_ids"]
    tensors = {name: torch.from_numpy(values) for name, values in batch.items()}
    tensors["labels"] = torch.tensor([row["labels"] for row in rows])
    return tensors


def length_batches(lengths: npt.NDArray[np.int64], tokens: int) -> Iterator[npt.NDArray[np.int64]]:
    """Row indices in batches of similar length, each of at most `tokens` tokens after padding (one row at least)."""
    order = np.argsort(lengths, kind="stable")
    start = 0
    while start < len(order):
        end = start + 1
        while end < len(order) and (end + 1 - start) * lengths[order[end]] <= tokens:
            end += 1
        yield order[start:end]
        start = end
