"""Texts as token ids: truncated once, padded only as far as their batch needs."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import itertools
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch.utils.data import Dataset
from transformers import BatchEncoding, PreTrainedTokenizerBase

from app.lab.datasets import Split
from app.layout import cache_folder
from app.results import Truncated

__all__ = ["EncodedSplit", "encode_split", "fingerprint_rows", "length_batches", "pad_rows"]

Row = Mapping[str, Any]

_WORTH_KEEPING = 200  # rows
_FORMAT = 2  # raise it when the arrays change, so that none of the old kind are taken


@dataclass(frozen=True)
class EncodedSplit(Dataset[Row]):
    """The rows of one split as token ids, end to end in one array: reading a row costs a slice."""

    ids: npt.NDArray[np.int32]  # tokens of all rows, one row after the other
    types: npt.NDArray[np.uint8] | None  # the same for type ids, where the tokenizer gives them
    lengths: npt.NDArray[np.int64]  # tokens of each row
    labels: npt.NDArray[np.int64] | npt.NDArray[np.float32]  # classes or numbers, (rows,)
    truncated: Truncated

    def __len__(self) -> int:
        return len(self.lengths)

    def __getitem__(self, index: int) -> Row:
        end = self._ends[index]
        place = slice(end - self.lengths[index], end)
        row = {"input_ids": self.ids[place], "labels": self.labels[index]}
        return row if self.types is None else {**row, "token_type_ids": self.types[place]}

    @functools.cached_property
    def _ends(self) -> npt.NDArray[np.int64]:
        return np.cumsum(self.lengths)

    def used_ids(self, also: int) -> npt.NDArray[np.int64]:
        """Every token id that occurs, and `also`, in order."""
        return np.union1d(self.ids, [also]).astype(np.int64)


def encode_split(split: Split, tokenizer: PreTrainedTokenizerBase, max_length: int) -> EncodedSplit:
    """Token ids of one text or a pair, at most `max_length` of them, special tokens included.

    They are kept below `cache_folder()` by tokenizer, texts and length: of all runs of a benchmark with the same
    tokenizer one does the work, and the others map its file into memory. Few rows are encoded sooner than looked up.
    """
    if len(split) < _WORTH_KEEPING:
        arrays = _encode(split, tokenizer, max_length)
    else:
        kept = cache_folder() / "tokens" / fingerprint_rows(split, tokenizer, max_length)
        found = _read(kept)
        arrays = _encode(split, tokenizer, max_length) if found is None else found
        if found is None:
            _keep(arrays, kept)
    labels = np.asarray(split.labels)
    if labels.dtype == np.float64:
        labels = labels.astype(np.float32)  # as the weights are
    lengths = np.asarray(arrays["lengths"])
    rows, tokens = (int(count) for count in arrays["truncated"])
    truncated = Truncated(rows=rows, tokens=tokens, of_tokens=int(lengths.sum()) + tokens)
    return EncodedSplit(arrays["ids"], arrays.get("types"), lengths, labels, truncated)


def _encode(split: Split, tokenizer: PreTrainedTokenizerBase, max_length: int) -> dict[str, npt.NDArray[Any]]:
    encoded = tokenizer(*[list(column) for column in split.texts], truncation=True, max_length=max_length)
    rows = encoded["input_ids"]
    lengths = np.fromiter(map(len, rows), dtype=np.int64, count=len(rows))
    tokens = int(lengths.sum())
    arrays: dict[str, npt.NDArray[Any]] = {
        "ids": np.fromiter(itertools.chain.from_iterable(rows), dtype=np.int32, count=tokens),
        "lengths": lengths,
        "truncated": np.asarray(_count_lost(split, tokenizer, encoded, lengths)),
    }
    if "token_type_ids" in encoded:
        types = itertools.chain.from_iterable(encoded["token_type_ids"])
        arrays["types"] = np.fromiter(types, dtype=np.uint8, count=tokens)
    return arrays


def _count_lost(
    split: Split, tokenizer: PreTrainedTokenizerBase, encoded: BatchEncoding, lengths: npt.NDArray[np.int64]
) -> tuple[int, int]:
    """Rows that were cut, and the tokens they lost: those rows once more in full length."""
    cut = [row for row, encoding in enumerate(encoded.encodings or ()) if encoding.overflowing]
    if not cut:
        return 0, 0
    whole = tokenizer(*[list(column) for column in split.take(cut).texts], truncation=False, verbose=False)
    return len(cut), sum(map(len, whole["input_ids"])) - int(lengths[cut].sum())


def fingerprint_rows(split: Split, tokenizer: PreTrainedTokenizerBase, max_length: int) -> str:
    """What the token ids of a split depend on, as 32 hex digits."""
    digest = hashlib.sha256(
        json.dumps([_FORMAT, type(tokenizer).__name__, tokenizer.init_kwargs, max_length], default=str).encode()
    )
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is not None:  # what the last call asked for is no part of what it is
        backend.no_truncation()
        backend.no_padding()
    digest.update(backend.to_str().encode() if backend is not None else json.dumps(tokenizer.get_vocab()).encode())
    for column in split.texts:
        for text in column:
            encoded = text.encode("utf-8", "surrogatepass")
            digest.update(len(encoded).to_bytes(8, "little") + encoded)
    return digest.hexdigest()[:32]


def _read(folder: Path) -> dict[str, npt.NDArray[Any]] | None:
    try:
        arrays = {file.stem: np.load(file, mmap_mode="r") for file in folder.iterdir()}
    except (OSError, ValueError):
        return None
    return arrays if arrays.keys() >= {"ids", "lengths", "truncated"} else None


def _keep(arrays: Mapping[str, npt.NDArray[Any]], folder: Path) -> None:
    """Write all of it or nothing: runs in parallel may want the same. A cache that cannot be written is no error."""
    with contextlib.suppress(OSError):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as draft:
            whole = Path(draft) / "whole"
            whole.mkdir()
            for name, array in arrays.items():
                np.save(whole / f"{name}.npy", array)
            shutil.rmtree(folder, ignore_errors=True)  # torn, or it would have been read
            whole.rename(folder)


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
    tensors["labels"] = torch.from_numpy(np.asarray([row["labels"] for row in rows]))
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
