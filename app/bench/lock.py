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

__all__ = ["RunLocks", "hold_folder", "hold_record", "hold_run", "take_turns", "try_lock"]


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
def hold_record(folder: BenchmarkFolder) -> Iterator[None]:
    """Wait for those who change the record of a benchmark, and keep others waiting meanwhile."""
    with _held(folder.record_lock):
        yield


@contextlib.contextmanager
def hold_run(folder: BenchmarkFolder, run_id: str) -> Iterator[None]:
    """Wait until no other process is at this run, and keep others waiting meanwhile.

    Two drivers that share the folder may be given the same values. A run has one byte of the lock's file for itself,
    at the place that the digest in its name comes to.
    """
    with _held(folder.runs_lock, byte=_byte_of(run_id)):
        yield


class RunLocks:
    """The same for many runs at once, and without waiting: a process that closes a lock's file lets go of all in it."""

    def __init__(self, folder: BenchmarkFolder) -> None:
        folder.runs_lock.parent.mkdir(parents=True, exist_ok=True)
        self._file = folder.runs_lock.open("a")

    def try_hold(self, run_id: str) -> bool:
        """Whether no other process is at this run; it is this one's then, until `release`."""
        if sys.platform != "win32":
            import fcntl

            try:
                fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, _byte_of(run_id))
            except OSError:
                return False
        return True

    def release(self, run_id: str) -> None:
        """Let others have the run."""
        if sys.platform != "win32":
            import fcntl

            fcntl.lockf(self._file, fcntl.LOCK_UN, 1, _byte_of(run_id))

    def close(self) -> None:
        """Let go of all runs."""
        self._file.close()


@contextlib.contextmanager
def take_turns(lock: Path) -> Iterator[None]:
    """Wait until no other process holds `lock`, a file that is made if it is not there, and hold it meanwhile."""
    with _held(lock):
        yield


@contextlib.contextmanager
def _held(lock: Path, byte: int = 0) -> Iterator[None]:
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("a") as file:
        if sys.platform != "win32":
            import fcntl

            fcntl.lockf(file, fcntl.LOCK_EX, 1, byte)
        yield


def _byte_of(run_id: str) -> int:
    return int(run_id[-8:], 16)


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
