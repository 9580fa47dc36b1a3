"""The headings of a page: an id for each, and the way to the main ones."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

__all__ = ["CONTENT", "Heading", "Headings"]

CONTENT = "content"  # the id of what the page is about, where a reader who skips the rest goes on
MAIN = "h2"


@dataclass(frozen=True)
class Heading:
    """A heading that can be linked to."""

    tag: str
    id: str
    text: str


@dataclass
class Headings:
    """The headings of one page in their order, collected while it is written."""

    found: list[Heading] = field(default_factory=list)

    def add(self, tag: str, text: str) -> str:
        """Take a heading in; the id that it is to have, which no other of the page has, or "" where it has no text."""
        text = " ".join(text.split())
        if not text:
            return ""
        taken = {CONTENT, *(heading.id for heading in self.found)}
        name = slug = _slug(text)
        number = 1
        while name in taken:
            number += 1
            name = f"{slug}-{number}"
        self.found.append(Heading(tag, name, text))
        return name

    @property
    def main(self) -> tuple[Heading, ...]:
        """Those of the page's parts; of a single part none, for there is nowhere to go."""
        main = tuple(heading for heading in self.found if heading.tag == MAIN)
        return main if len(main) > 1 else ()


def _slug(text: str) -> str:
    """Lower-case letters, digits and hyphens: the ids of drawings, which hold an underscore, stay apart from it."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain)[:60].strip("-") or "part"
