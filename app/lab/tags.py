"""What a tag of a word says: where in an entity it stands, and of which type that is."""

from __future__ import annotations

__all__ = ["MARKS", "OUTSIDE", "split_tag"]

OUTSIDE = "O"
MARKS = ("B", "I", "E", "S")  # begin, inside, end, single: of IOB1, IOB2, IOE and BIOES alike


def split_tag(tag: str) -> tuple[str, str] | None:
    """The mark of a tag and its type (`B-PER` -> `B`, `PER`); None where it is no tag of an entity."""
    mark, dash, kind = tag.partition("-")
    return (mark, kind) if mark in MARKS and bool(dash) == bool(kind) else None
