"""Running text: how the rows of a split make one text, and what its tokens are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.config import Dataset
from app.errors import DataError
from app.tasks import CAUSAL, KINDS

__all__ = ["BYTE_PAIRS", "CHARACTERS", "WORD_PIECES", "Running", "cut_text", "read_running", "show_breaks"]

CHARACTERS, WORD_PIECES, BYTE_PAIRS = "characters", "wordpieces", "bytepairs"
SHARE = 0.1  # of a text, for each split that it lacks

_CUTS = {
    ("validation", "test"): "The last 20 % of the text were set aside: 10 % for validation, then 10 % for test.",
    ("validation",): "The last 10 % of the training text were set aside for validation.",
    ("test",): "The last 10 % of the training text were set aside for test.",
}


@dataclass(frozen=True)
class Running:
    """The rows of a split are one text: `joint` stands between two of them."""

    joint: str
    vocabulary: str  # of models that start from nothing: characters, wordpieces, bytepairs
    window: int  # tokens that a model sees at once


def read_running(kind: str, dataset: Dataset, *, continuous: bool) -> Running:
    """What the benchmark says of its text; a line follows a line, and a blank line stands between two rows of a table.

    Word pieces of a causal model are pairs of bytes (`bytepairs`): it has to write capitals and line ends too.
    """
    asked = dataset.vocabulary or KINDS[kind].vocabulary
    vocabulary = CHARACTERS if asked == CHARACTERS else BYTE_PAIRS if kind == CAUSAL.name else WORD_PIECES
    return Running("\n" if continuous else "\n\n", vocabulary, dataset.max_length)


def cut_text(rows: Mapping[str, tuple[str, ...]]) -> tuple[dict[str, tuple[str, ...]], str]:
    """Lines by split with the missing splits cut, without a gap, from the end of train; and that in words.

    Each gets 10 % of the lines, the last ones go to test.

    Raises:
        DataError: the text has too few lines for that.
    """
    splits, train = dict(rows), rows["train"]
    missing = tuple(name for name in ("validation", "test") if name not in rows)
    if not missing:
        return splits, ""
    size = round(len(train) * SHARE)
    if not size:
        raise DataError(
            f"train has {len(train)} lines: too few to cut {' and '.join(missing)} from; give them as files"
        )
    for name in reversed(missing):
        train, splits[name] = train[:-size], train[-size:]
    splits["train"] = train
    return splits, _CUTS[missing]


def show_breaks(text: str) -> str:
    """The text for a cell of a table, where its line ends would be lost."""
    return text.replace("\n", " ↵ ")
