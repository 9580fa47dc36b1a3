"""Whether what a run has left is still what it wrote: its record, and the files that this vouches for."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from app.checksums import DamagedError, unseal_document
from app.results import Artefact, RunResult

__all__ = ["find_damage", "is_intact", "record_files"]


def record_files(paths: Iterable[Path]) -> Mapping[str, Artefact]:
    """Name -> size and digest of each file that is there; each is on the disk by then, not only on its way."""
    found = {}
    for path in paths:
        if path.is_file():
            with path.open("r+b") as file:
                os.fsync(file.fileno())
                content = file.read()
            found[path.name] = Artefact(bytes=len(content), sha256=hashlib.sha256(content).hexdigest())
    return found


def is_intact(path: Path, result: RunResult) -> bool:
    """Whether the file at `path` is the one that the run's record vouches for; one it says nothing of is taken so."""
    known = result.files.get(path.name)
    try:
        return known is None or known == _measure(path)
    except OSError:
        return False


def find_damage(record: Path, result: RunResult | None) -> str | None:
    """What is wrong with the record of a run, or with a file it vouches for, in words; None: nothing, or no record.

    Files are written before their record. One that is of the right size and older than the record is not read again:
    ten thousand runs are looked through in a tenth of a second. Whoever reads a file asks `is_intact`.

    Args:
        record: the path of `result.json`.
        result: what was read there; None where nothing could be.
    """
    if result is None:
        return _damage_of(record)
    for name, known in result.files.items():
        path = f"{record.parent}{os.sep}{name}"
        try:
            state = os.stat(path)  # noqa: PTH116  # ten thousand of these: a Path costs more
            if state.st_size != known.bytes:
                return f"{name} has {state.st_size:,} bytes and had {known.bytes:,}"
            if state.st_mtime_ns > os.stat(record).st_mtime_ns and _measure(Path(path)) != known:  # noqa: PTH116
                return f"{name} was altered after it had been written"
        except FileNotFoundError:
            return f"{name} is gone"
        except OSError as error:
            return f"{name} cannot be read ({error.strerror})"
    return None


def _damage_of(record: Path) -> str | None:
    try:
        unseal_document(record.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        return f"{record.name} cannot be read ({error.strerror})"
    except DamagedError as error:
        return f"{record.name}: {error}"
    return f"{record.name}: it is no record of this schema"


def _measure(path: Path) -> Artefact:
    content = path.read_bytes()
    return Artefact(bytes=len(content), sha256=hashlib.sha256(content).hexdigest())
