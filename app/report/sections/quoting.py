"""Texts and names from the data as a page can show them: on one line, no longer than there is room, and harmless."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from markupsafe import Markup

from app.report.page.markup import Fragment

__all__ = ["passage", "quote", "quote_texts"]

NOTHING = Markup("")
LINE = 200  # characters of a text in a table
# controls, marks that turn the direction of writing, halves of characters: a drawing with them is no XML
UNSEEN = ("Cc", "Cf", "Cs", "Co", "Cn")


def quote(text: str, length: int = LINE) -> str:
    """The text on one line, cut to `length` characters, the last of them then being an ellipsis."""
    seen = "".join(" " if unicodedata.category(letter) in UNSEEN else letter for letter in text[: 4 * length])
    line = " ".join(seen.split())
    return f"{line[: length - 1].rstrip()}…" if len(line) > length or len(text) > 4 * length else line


def quote_texts(texts: Sequence[str], length: int = LINE) -> str:
    """A text, or the two of a pair with a stroke between them."""
    return " ‖ ".join(quote(text, length) for text in texts)


def passage(heading: str, *sentences: str, more: Markup = NOTHING) -> Fragment:
    """A heading, a paragraph of plain text below it, and then what is markup already."""
    text = " ".join(sentence for sentence in sentences if sentence)
    return Fragment(Markup("<h3>{}</h3><p>{}</p>{}").format(heading, text, more))
