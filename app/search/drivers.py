"""Which processes are at work on a search: one that was killed leaves trials behind that others take over."""

from __future__ import annotations

import contextlib
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

from app.bench.lock import try_lock

__all__ = ["BEAT_SECONDS", "hold_driver", "is_silent", "lives_here"]

BEAT_SECONDS = 30  # how often a driver tells the study that it is alive
SILENT_SECONDS = 300  # after so long without, one on another machine is taken for dead


@contextlib.contextmanager
def hold_driver(folder: Path) -> Iterator[str]:
    """A name for this process, with a file in `folder` that it holds as long as it lives."""
    name = uuid.uuid4().hex[:12]
    file = try_lock(folder / name)
    assert file is not None  # nobody else has that name
    with file:
        try:
            yield name
        finally:
            (folder / name).unlink(missing_ok=True)


def lives_here(folder: Path, name: str) -> bool | None:
    """Whether the driver of that name is alive; None where it has left no file in `folder`."""
    if not (folder / name).exists():
        return None
    file = try_lock(folder / name)
    if file is None:
        return True
    with file:
        (folder / name).unlink(missing_ok=True)
    return False


def is_silent(last_beat: object) -> bool:
    """Whether a driver that was last heard of then, in seconds since 1970, is to be taken for dead."""
    return not isinstance(last_beat, int | float) or time.time() - last_beat > SILENT_SECONDS
