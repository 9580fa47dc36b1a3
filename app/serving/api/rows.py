"""Texts as a client gives them, as rows that the engine reads."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.serving.api.limits import WORDS
from app.serving.api.problems import RequestError
from app.serving.engine.tokens import Row
from app.serving.package.manifest import Manifest
from app.tasks import TAGGING

__all__ = ["Given", "read_rows"]

WORD = re.compile(r"\w+(?:[-'’.]\w+)*|[^\w\s]")  # "U.N." loses its last point, and "don't" stays whole


@dataclass(frozen=True)
class Given:
    """One text."""

    row: Row
    places: tuple[tuple[int, int], ...] = ()  # of words in the string that they were found in

    @property
    def characters(self) -> int:
        return sum(map(len, self.row))


def read_rows(manifest: Manifest, texts: Sequence[str | list[str]], *, several: bool) -> list[Given]:
    """A row for each text.

    Args:
        manifest: of the model, which takes texts, pairs of texts or words.
        texts: as they were given.
        several: they were given as a list; a problem then names the place.

    Raises:
        RequestError: 422: one is empty, or of another form than the model takes.
    """
    return [_read(manifest, text, f"texts.{place}" if several else "text") for place, text in enumerate(texts)]


def _read(manifest: Manifest, text: str | list[str], where: str) -> Given:
    given = _read_words(text, where) if manifest.kind == TAGGING.name else _read_text(manifest, text, where)
    if not all(part.strip() for part in given.row) or not given.row:
        raise RequestError(422, "text_empty", f"{where}: is empty")
    return given


def _read_text(manifest: Manifest, text: str | list[str], where: str) -> Given:
    columns = manifest.text_columns
    if len(columns) == 2 and (isinstance(text, str) or len(text) != 2):
        raise RequestError(422, "not_a_pair", f"{where}: this model takes pairs: give [{columns[0]}, {columns[1]}]")
    if len(columns) == 1 and not isinstance(text, str):
        raise RequestError(422, "not_a_text", f"{where}: this model takes single texts: give a string")
    return Given((text,) if isinstance(text, str) else tuple(text))


def _read_words(text: str | list[str], where: str) -> Given:
    if not isinstance(text, str):
        return Given(tuple(text))
    found = list(WORD.finditer(text))
    if len(found) > WORDS:
        raise RequestError(422, "too_long", f"{where}: may have {WORDS:,} words at most")
    return Given(tuple(match[0] for match in found), tuple(match.span() for match in found))
