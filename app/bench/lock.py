"""Who may write to a benchmark's folder, or to that of a run, by locks that end with their process."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path

from app.errors import OutputError
from app.layout import BenchmarkFolder, SuiteFolder

__all__ = ["hold_folder", "hold_record", "hold_run"]


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
    with _held(folder.runs_lock, byte=int(run_id[-8:], 16)):
        yield


@contextlib.contextmanager
def _held(lock: Path, byte: int = 0) -> Iterator[None]:
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("a") as file:
        if sys.platform != "win32":
            import fcntl

            fcntl.lockf(file, fcntl.LOCK_EX, 1, byte)
        yield
