"""One driver at a time for a benchmark's folder, by a lock that ends with its process."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator

from app.errors import OutputError
from app.layout import BenchmarkFolder, SuiteFolder

__all__ = ["hold_folder"]


@contextlib.contextmanager
def hold_folder(folder: BenchmarkFolder | SuiteFolder) -> Iterator[None]:
    """Keep other drivers out of `folder` while the context lasts. A driver that is killed leaves no lock behind.

    Raises:
        OutputError: another driver is at work there, or the folder cannot be written.
    """
    try:
        folder.path.mkdir(parents=True, exist_ok=True)
        file = folder.lock.open("a")
    except OSError as error:
        remedy = "make it writable, or run from another folder"
        raise OutputError(f"{folder.path}: cannot be written ({error.strerror}); {remedy}") from None
    with file:
        if sys.platform != "win32":
            import fcntl

            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                message = "another driver is at work there; wait for it, or give this one another name"
                raise OutputError(f"{folder.path}: {message}") from None
        yield
