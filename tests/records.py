"""Records as a run with other figures would have written them."""

import json
from typing import Any

from app.checksums import CHECKSUM, seal_document

__all__ = ["rewritten"]


def rewritten(document: dict[str, Any]) -> str:
    """The text of `document`, with a checksum that is its own if it has had one."""
    if document.pop(CHECKSUM, None) is None:
        return json.dumps(document)
    return seal_document(document)
