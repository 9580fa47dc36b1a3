"""Files of plain text, packed or not, read as UTF-8."""

from __future__ import annotations

import gzip
from pathlib import Path

from app.errors import DataError

__all__ = ["check_encoding", "is_plain_text", "read_lines"]


def is_plain_text(path: Path) -> bool:
    """Whether a file is one by its name: .txt, .txt.gz."""
    return path.name.lower().endswith((".txt", ".txt.gz"))


def read_lines(path: Path) -> tuple[str, ...]:
    """The lines of a text, without their ends; a last end of line is no line.

    Raises:
        DataError: the file is missing, unreadable, empty, or not UTF-8.
    """
    try:
        content = path.expanduser().read_bytes()
        if path.name.lower().endswith(".gz"):
            content = gzip.decompress(content)
    except FileNotFoundError:
        raise DataError(f"{path}: no such file (dataset.path; read from {Path.cwd()})") from None
    except (OSError, EOFError) as error:
        raise DataError(f"{path}: cannot be read ({error})") from None
    check_encoding(path, content)
    text = content.decode("utf-8-sig").replace("\r\n", "\n")
    if not text.strip():
        raise DataError(f"{path}: has no text in it")
    return tuple(text.removesuffix("\n").split("\n"))


def check_encoding(path: Path, content: bytes) -> None:
    """Return if the content is UTF-8.

    Raises:
        DataError: it is not; the message has the line and the byte.
    """
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        found = content[error.start]
        message = f"line {line}: byte 0x{found:02x} is not UTF-8; save the file as UTF-8"
        raise DataError(f"{path}: {message} (iconv -f LATIN1 -t UTF-8, say)") from None
