"""Texts as the token ids that a packaged model reads, by the tokenizer in its package."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from tokenizers import Encoding, Tokenizer

from app.layout import PackageFolder
from app.serving.package.manifest import Manifest
from app.tasks import TAGGING

__all__ = ["Encoded", "Encoder", "Row"]

Row = tuple[str, ...]
"""One text, or two; for token-classification the words of one."""
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Encoded:
    """One row as tokens."""

    ids: Sequence[int] | Integers  # (tokens,)
    types: Sequence[int] | Integers  # (tokens,): the text of a pair that a token belongs to
    first_pieces: tuple[int, ...]  # places of the tokens that words begin with; of token-classification alone
    words: tuple[int, ...]  # which words these are: one that is cut off, or of no letter the tokenizer knows, has none
    is_cut: bool  # it was longer than max_length
    unknown: int  # tokens that the vocabulary has no word for

    @classmethod
    def of(cls, ids: Integers) -> Encoded:
        """Tokens as they are given, of one text."""
        return cls(ids, np.zeros_like(ids), (), (), is_cut=False, unknown=0)

    def __len__(self) -> int:
        return len(self.ids)


class Encoder:
    """The tokenizer of a package. It may be used by several threads."""

    def __init__(self, folder: PackageFolder, manifest: Manifest) -> None:
        self.tokenizer: Tokenizer = Tokenizer.from_file(str(folder.tokenizer))
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(manifest.max_length)  # of a pair the longer text first, as in training
        self._manifest = manifest
        self._in_words = manifest.kind == TAGGING.name

    def encode(self, rows: Sequence[Row]) -> list[Encoded]:
        """Each row, cut to the length that the model was trained with."""
        if len(rows) == 1:  # a batch of one takes longer than one
            text, pair = (rows[0], None) if self._in_words else (*rows[0], None)[:2]
            return [self._read(self.tokenizer.encode(text, pair, is_pretokenized=self._in_words))]
        given = list(rows) if self._in_words else [row[0] if len(row) == 1 else row for row in rows]
        return [self._read(found) for found in self.tokenizer.encode_batch(given, is_pretokenized=self._in_words)]

    def _read(self, found: Encoding) -> Encoded:
        first = _first_pieces(found.word_ids) if self._in_words else {}
        ids, unknown = found.ids, self._manifest.unknown_token_id
        return Encoded(
            ids,
            found.type_ids,
            tuple(first.values()),
            tuple(first),
            is_cut=bool(found.overflowing),
            unknown=0 if unknown is None else ids.count(unknown),
        )

    def pad(self, rows: Sequence[Encoded]) -> dict[str, Integers]:
        """What the graph is fed: arrays of shape (rows, longest of them), by the names of its inputs."""
        shape = len(rows), max(len(row) for row in rows)
        known = {name: np.zeros(shape, dtype=np.int64) for name in ("input_ids", "attention_mask", "token_type_ids")}
        ids, mask, types = known.values()
        ids += self._manifest.pad_token_id
        for place, row in enumerate(rows):
            length = len(row)
            ids[place, :length], types[place, :length], mask[place, :length] = row.ids, row.types, 1
        return {name: known[name] for name in self._manifest.inputs}


def _first_pieces(words: Sequence[int | None]) -> dict[int, int]:
    """The place at which each word begins, by its number."""
    first: dict[int, int] = {}
    for place, word in enumerate(words):
        if word is not None:
            first.setdefault(word, place)
    return first
