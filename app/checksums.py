"""JSON documents that carry a checksum over their own text, and so tell whether they are what was written."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from pydantic_core import from_json

__all__ = ["CHECKSUM", "DamagedError", "seal_document", "unseal_document"]

CHECKSUM = "checksum"
_SEALED_KEYS = (CHECKSUM, "files")  # what no document had before there were checksums
_MARK = f',\n  "{CHECKSUM}": "'.encode()  # no text in a document can look like it: there a new line is \n
_END = b'"\n}\n'


class DamagedError(ValueError):
    """A document that is not what was written; the message says in what way."""


def seal_document(document: Mapping[str, Any]) -> str:
    """The document as indented JSON, its last key the SHA-256 of all the text before that key, in hex.

    Raises:
        ValueError: a number in it is infinite or none.
    """
    text = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False).removesuffix("\n}")
    return f"{text}{_MARK.decode()}{hashlib.sha256(text.encode()).hexdigest()}{_END.decode()}"


def unseal_document(data: bytes) -> dict[str, Any]:
    """The document in the bytes of a file.

    A document from before there were checksums is taken as it is.

    Raises:
        DamagedError: the text is torn, or is another than the one that was written.
    """
    text, mark, seal = data.rpartition(_MARK)
    if mark and seal == hashlib.sha256(text).hexdigest().encode() + _END:
        found: Any = from_json(data)
        if isinstance(found, dict):
            return found
    try:
        found = from_json(data)
    except ValueError:
        raise DamagedError("it is torn: no whole JSON document") from None
    if not isinstance(found, dict):
        raise DamagedError("it is no record of a run")
    if any(key in found for key in _SEALED_KEYS):
        raise DamagedError("it was altered after it had been written: its checksum is that of another text")
    return found
