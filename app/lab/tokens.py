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
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch.utils.data import Dataset
from transformers import BatchEncoding, PreTrainedTokenizerBase

from app.lab.datasets import Split, encode_texts
from app.lab.losses import IGNORED
from app.layout import cache_folder
from app.results import Truncated

__all__ = ["EncodedSplit", "encode_split", "fingerprint_rows", "length_batches"]

Row = Mapping[str, Any]

_WORTH_KEEPING = 200  # rows
_FORMAT = 2  # raise it when the arrays change, so that none of the old kind are taken


@dataclass(frozen=True)
class EncodedSplit(Dataset[Row]):
    """The rows of one split as token ids, end to end in one array: reading a row costs a slice."""

    ids: npt.NDArray[np.int32]  # tokens of all rows, one row after the other
    types: npt.NDArray[np.uint8] | None  # the same for type ids, where the tokenizer gives them
    lengths: npt.NDArray[np.int64]  # tokens of each row
    labels: npt.NDArray[np.int64] | npt.NDArray[np.float32]  # classes or numbers, (rows,); or tags, (tokens,)
    truncated: Truncated
    words: npt.NDArray[np.int32] | None = None  # of each token the word that begins with it, else -1; for tags alone

    def __len__(self) -> int:
        return len(self.lengths)

    def __getitem__(self, index: int) -> Row:
        end = self._ends[index]
        place = slice(end - self.lengths[index], end)
        row = {"input_ids": self.ids[place], "labels": self.labels[index if self.words is None else place]}
        return row if self.types is None else {**row, "token_type_ids": self.types[place]}

    def __getitems__(self, indices: Sequence[int]) -> Sequence[int]:
        """What a loader hands to its collator: the indices themselves, since `batch` cuts all of their rows at once."""
        return indices

    def batch(self, rows: Sequence[int] | npt.NDArray[np.int64], pad_token_id: int) -> dict[str, torch.Tensor]:
        """Those rows: ids, mask and type ids of shape (rows, longest of them), labels of shape (rows,).

        Labels of tokens are padded as the ids are, with `IGNORED`.
        """
        chosen = np.asarray(rows)
        lengths = self.lengths[chosen]
        place = np.arange(lengths.max())
        filled = place < lengths[:, None]
        source = ((self._ends[chosen] - lengths)[:, None] + place)[filled]

        def pad(tokens: npt.NDArray[Any], padding: int) -> torch.Tensor:
            padded = np.full(filled.shape, padding, dtype=np.int64)
            padded[filled] = tokens[source]
            return torch.from_numpy(padded)

        tensors = {
            "input_ids": pad(self.ids, pad_token_id),
            "attention_mask": torch.from_numpy(filled.astype(np.int64)),
        }
        if self.types is not None:
            tensors["token_type_ids"] = pad(self.types, 0)
        in_words = self.words is not None
        tensors["labels"] = pad(self.labels, IGNORED) if in_words else torch.from_numpy(self.labels[chosen])
        return tensors

    def first_pieces(self, index: int) -> npt.NDArray[np.int64]:
        """Places, among the tokens of a row, where its words begin: those that carry a tag."""
        assert self.words is not None
        end = self._ends[index]
        return np.flatnonzero(self.words[end - self.lengths[index] : end] >= 0)

    def first_row(self) -> EncodedSplit:
        """The first row alone."""
        tokens = slice(int(self.lengths[0]))
        return replace(
            self,
            ids=self.ids[tokens],
            types=None if self.types is None else self.types[tokens],
            lengths=self.lengths[:1],
            labels=self.labels[:1] if self.words is None else self.labels[tokens],
            words=None if self.words is None else self.words[tokens],
        )

    @functools.cached_property
    def _ends(self) -> npt.NDArray[np.int64]:
        return np.cumsum(self.lengths)

    def used_ids(self, also: int) -> npt.NDArray[np.int64]:
        """Every token id that occurs, and `also`, in order."""
        return np.union1d(self.ids, [also]).astype(np.int64)


def encode_split(split: Split, tokenizer: PreTrainedTokenizerBase, max_length: int) -> EncodedSplit:
    """Token ids of one text or a pair, at most `max_length` of them, special tokens included.

    Where texts are words, the first token of each word gets its tag and all others `IGNORED`. Words that `max_length`
    cuts off have no token, and no label here.

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
    words = arrays.get("words")
    labels = np.asarray(split.labels) if words is None else _label_tokens(split, words, np.asarray(arrays["lengths"]))
    if labels.dtype == np.float64:
        labels = labels.astype(np.float32)  # as the weights are
    lengths = np.asarray(arrays["lengths"])
    rows, tokens = (int(count) for count in arrays["truncated"])
    truncated = Truncated(rows=rows, tokens=tokens, of_tokens=int(lengths.sum()) + tokens)
    return EncodedSplit(arrays["ids"], arrays.get("types"), lengths, labels, truncated, words)


def _label_tokens(split: Split, words: npt.NDArray[np.int32], lengths: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    labels = np.full(len(words), IGNORED, dtype=np.int64)
    counts = np.fromiter(map(len, split.labels), dtype=np.int64, count=len(split))
    tags = np.fromiter(itertools.chain.from_iterable(split.labels), dtype=np.int64, count=int(counts.sum()))
    first_of_row = np.repeat(np.cumsum(counts) - counts, lengths)
    begins = words >= 0
    labels[begins] = tags[first_of_row[begins] + words[begins]]
    return labels


def _encode(split: Split, tokenizer: PreTrainedTokenizerBase, max_length: int) -> dict[str, npt.NDArray[Any]]:
    encoded = _ask(tokenizer, split, truncation=True, max_length=max_length)
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
    if split.in_words:
        encodings = encoded.encodings or ()  # never none: the tokenizer is a fast one
        found = itertools.chain.from_iterable(_word_beginnings(encoding.word_ids) for encoding in encodings)
        arrays["words"] = np.fromiter(found, dtype=np.int32, count=tokens)
    return arrays


def _ask(tokenizer: PreTrainedTokenizerBase, split: Split, **options: Any) -> BatchEncoding:
    encoded: BatchEncoding
    if not split.in_words:
        encoded = tokenizer(*[list(column) for column in split.texts], **options)
        return encoded
    # a word of which the tokenizer leaves nothing, a control character say, has to keep its place
    different = list(dict.fromkeys(itertools.chain.from_iterable(split.texts[0])))
    alone = tokenizer([[word] for word in different], is_split_into_words=True, add_special_tokens=False)["input_ids"]
    nothing = {word: str(tokenizer.unk_token) for word, ids in zip(different, alone, strict=True) if not ids}
    rows = [[nothing.get(word, word) for word in words] for words in split.texts[0]]
    encoded = tokenizer(rows, is_split_into_words=True, **options)
    return encoded


def _word_beginnings(words: Sequence[int | None]) -> Iterator[int]:
    """The word of each token where it is the first of that word, else -1; special tokens have no word."""
    for before, word in itertools.pairwise([None, *words]):
        yield -1 if word is None or word == before else word


def _count_lost(
    split: Split, tokenizer: PreTrainedTokenizerBase, encoded: BatchEncoding, lengths: npt.NDArray[np.int64]
) -> tuple[int, int]:
    """Rows that were cut, and the tokens they lost: those rows once more in full length."""
    cut = [row for row, encoding in enumerate(encoded.encodings or ()) if encoding.overflowing]
    if not cut:
        return 0, 0
    whole = _ask(tokenizer, split.take(cut), truncation=False, verbose=False)
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
    digest.update(b"words" if split.in_words else b"")
    for encoded in encode_texts(split):
        digest.update(encoded)
    return digest.hexdigest()[:32]


def _read(folder: Path) -> dict[str, npt.NDArray[Any]] | None:
    try:
        # plain arrays over the map: one of np.memmap costs several times as much at each slice
        arrays = {file.stem: np.load(file, mmap_mode="r").view(np.ndarray) for file in folder.iterdir()}
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
