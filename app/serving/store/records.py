"""What is kept of a served request, and what feedback makes of it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

__all__ = ["Example", "Labelled", "Served"]


@dataclass(frozen=True, kw_only=True)
class Served:
    """One row that was answered; the columns are those of a package's reference.parquet."""

    id: str  # uuid, in hex
    time: str  # of the answer: ISO 8601, in UTC
    version: int  # of the package that answered
    characters: int  # of all its texts
    tokens: int  # special ones included, as the model has read them
    unknown: int  # of these, how many the vocabulary has no word for
    is_cut: bool  # it was longer than max_length
    prediction: str = ""  # the label or the number; empty where the kind has none
    confidence: float | None = None  # calibrated probability of the prediction
    texts: tuple[str, ...] = ()  # one, or two of a pair; none where texts are not kept
    label: str | None = None  # what feedback says it should have been: `Store.read` fills it in, `record` ignores it


@dataclass(frozen=True)
class Example:
    """A row that feedback has labelled."""

    id: str
    texts: tuple[str, ...]
    label: str


@dataclass(frozen=True)
class Labelled:
    """All rows that feedback has labelled and whose text is known, in the order of the feedback."""

    examples: tuple[Example, ...]

    @property
    def fingerprint(self) -> str:
        """SHA-256 of texts and labels, in hex, by id: what is said once more changes nothing."""
        digest = hashlib.sha256()
        for example in sorted(self.examples, key=lambda example: example.id):
            digest.update(json.dumps([example.texts, example.label], ensure_ascii=True).encode() + b"\n")
        return digest.hexdigest()
