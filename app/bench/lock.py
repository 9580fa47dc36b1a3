"""Who may write to a benchmark's folder, or to that of a run, by locks that end with their process."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from app.errors import OutputError
from app.layout import BenchmarkFolder, SuiteFolder

__all__ = ["hold_folder", "take_turns", "try_lock"]


@contextlib.contextmanager
def hold_folder(folder: BenchmarkFolder | SuiteFolder, *, shared: bool = False) -> Iterator[None]:
    """Keep other drivers out of `folder` while the context lasts. A driver that is killed leaves no lock behind.

    Args:
        folder: of a benchmark or a suite.
        shared: others that share it may come in: those who bring one run each, and not the whole plan.

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
                fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
            except OSError:
                message = "another driver is at work there; wait for it, or give this one another name"
                raise OutputError(f"{folder.path}: {message}") from None
        yield


@contextlib.contextmanager
def take_turns(lock: Path) -> Iterator[None]:
    """Wait until no other process holds `lock`, a file that is made if it is not there, and hold it meanwhile."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("a") as file:
        if sys.platform != "win32":
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def try_lock(lock: Path) -> TextIO | None:
    """Hold `lock`, made if it is not there, until the file that is returned is closed; None if another holds it.

    Whoever holds it may remove the file before it is closed.
    """
    lock.parent.mkdir(parents=True, exist_ok=True)
    while True:
        file = lock.open("a")
        if sys.platform != "win32":
            import fcntl

            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                file.close()
                return None
        with contextlib.suppress(FileNotFoundError):
            if lock.stat().st_ino == os.fstat(file.fileno()).st_ino:
                return file
        file.close()  # it was removed in between
