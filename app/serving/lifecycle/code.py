"""What a benchmark's figures come from beside its data: a digest of the template and of all that it calls."""

from __future__ import annotations

import hashlib
from pathlib import Path

from app.layout import PROJECT

__all__ = ["digest_code"]

CALLED = ("app/lab/**/*.py", "app/serving/engine/*.py", "app/serving/package/*.py")
LIBRARIES = "Pipfile.lock"


def digest_code(template: Path) -> str:
    """SHA-256 in hex, over the template, the modules that notebooks call, and the versions of the libraries."""
    digest = hashlib.sha256()
    paths = [template, PROJECT / LIBRARIES, *(path for pattern in CALLED for path in PROJECT.glob(pattern))]
    for path in sorted(path for path in paths if path.is_file()):
        content = path.read_bytes()
        digest.update(f"{path.name} {len(content)}\n".encode() + content)
    return digest.hexdigest()
