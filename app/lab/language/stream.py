"""A split of running text as one stream of token ids, and the windows and blocks it is read in."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from transformers import PreTrainedTokenizerBase

from app.errors import DataError
from app.lab.datasets import Split
from app.lab.tokens import fingerprint_rows
from app.layout import cache_folder

__all__ = ["Ids", "Stream", "Window", "cut_blocks", "encode_stream", "plan_windows"]

Ids = npt.NDArray[np.int64]

_FORMAT = 1  # raise it when what is kept changes


@dataclass(frozen=True)
class Stream:
    """All tokens of a split, one text after the other."""

    ids: Ids  # (tokens,)
    characters: int  # of the text behind them, less those of the first token, which nothing goes before
    unknown: int  # tokens that stand for what the vocabulary lacks


@dataclass(frozen=True)
class Window:
    """Tokens `start` to `end` as a model sees them at once; those from `scored` on are scored here."""

    start: int
    scored: int
    end: int


def encode_stream(split: Split, tokenizer: PreTrainedTokenizerBase) -> Stream:
    """The tokens of a split without special ones.

    Raises:
        DataError: there are fewer than two of them.
    """
    assert split.running is not None
    rows = [row + split.running.joint for row in split.texts[0][:-1]] + [split.texts[0][-1]]
    ids = _encode(rows, split, tokenizer)
    if len(ids) < 2:
        raise DataError("a split of the text has fewer than two tokens; raise dataset.limit, or give more text")
    first = len(str(tokenizer.decode(ids[:1].tolist())))
    unknown = int((ids == tokenizer.unk_token_id).sum()) if tokenizer.unk_token_id is not None else 0
    return Stream(ids, sum(map(len, rows)) - first, unknown)


def _encode(rows: Sequence[str], split: Split, tokenizer: PreTrainedTokenizerBase) -> Ids:
    """The ids, kept below `cache_folder()`: all runs of a benchmark with the same tokenizer want the same."""
    joint = hashlib.sha256(f"{_FORMAT}{rows[0][len(split.texts[0][0]) :]}".encode()).hexdigest()[:8]
    kept = cache_folder() / "streams" / f"{fingerprint_rows(split, tokenizer, 0)}-{joint}.npy"
    with contextlib.suppress(OSError, ValueError):
        found: Ids = np.load(kept).astype(np.int64)
        return found
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None:
        encoded = [tokenizer(row, add_special_tokens=False, verbose=False)["input_ids"] for row in rows]
    else:
        encoded = [row.ids for row in backend.encode_batch_fast(list(rows), add_special_tokens=False)]
    ids = np.fromiter(itertools.chain.from_iterable(encoded), dtype=np.int64)
    with contextlib.suppress(OSError):  # a cache that cannot be written is no error
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=kept.parent) as folder:
            draft = Path(folder) / kept.name
            np.save(draft, ids.astype(np.int32))
            draft.replace(kept)
    return ids


def plan_windows(tokens: int, window: int) -> Iterator[Window]:
    """Windows of `window` tokens, half of one apart, in which every token but the first is scored once.

    So a token has at least half a window of context, but for those at the beginning of the text. All windows are
    equally long: the last one begins earlier rather than end later.
    """
    stride = max(1, window // 2)
    scored = 1
    while scored < tokens:
        end = min(tokens, window if scored == 1 else scored + stride)
        yield Window(max(0, end - window), scored, end)
        scored = end


def cut_blocks(ids: Ids, length: int) -> Ids:
    """Blocks of shape (blocks, length), one after the other; what is left at the end is dropped.

    Raises:
        DataError: there is no whole block.
    """
    whole = len(ids) // length
    if not whole:
        raise DataError(f"the text has {len(ids)} tokens, dataset.max_length is {length}; lower it, or give more text")
    return ids[: whole * length].reshape(whole, length)
