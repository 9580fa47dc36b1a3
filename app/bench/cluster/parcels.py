"""Folders and files as one stream of bytes: packed on one machine, checked and put in place on another."""

from __future__ import annotations

import hashlib
import shutil
import tarfile
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from app.layout import RunFolder

__all__ = [
    "CHUNK_BYTES",
    "Parcel",
    "check_parcel",
    "pack_files",
    "put_in_place",
    "read_chunk",
    "read_chunks",
    "unpack_files",
]

CHUNK_BYTES = 8 << 20  # held in memory at once, on either side
ARRIVING = ".arriving-"  # so begins what is not in its place yet


@dataclass(frozen=True)
class Parcel:
    """A file of packed files."""

    path: Path
    size: int  # bytes
    digest: str  # sha256

    @classmethod
    def of(cls, path: Path) -> Parcel:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return cls(path, path.stat().st_size, digest)


def pack_files(paths: Iterable[Path], parcel: Path, *, root: Path) -> Parcel:
    """Pack files and folders under their places relative to `root`; what a link leads to is packed, not the link.

    Raises:
        OSError: one cannot be read, or the parcel cannot be written.
    """
    parcel.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(parcel, "w", dereference=True) as archive:
        for path in paths:
            archive.add(path, arcname=str(path.relative_to(root)))
    return Parcel.of(parcel)


def check_parcel(path: Path, digest: str) -> None:
    """Return if what arrived is what was sent.

    Raises:
        OSError: it is not.
    """
    if Parcel.of(path).digest != digest:
        raise OSError(f"{path.name} arrived otherwise than it was sent")


def unpack_files(parcel: Path, folder: Path) -> None:
    """Put what is packed below `folder`; nothing in it can lead out of there.

    Raises:
        OSError, tarfile.TarError: it cannot be read, is torn, or would lead elsewhere.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(parcel) as archive:
        archive.extractall(folder, filter="data")


def read_chunk(parcel: Path, start: int) -> bytes:
    """The next bytes of a parcel from `start`, at most `CHUNK_BYTES`; none at its end."""
    with parcel.open("rb") as file:
        file.seek(start)
        return file.read(CHUNK_BYTES)


def read_chunks(parcel: Path) -> Iterator[bytes]:
    """All of it, piece by piece."""
    with parcel.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk


def put_in_place(parcel: Path, folder: RunFolder, *, workplace: Path) -> None:
    """Unpack what a run has left, and put it where `folder` is: the run's own folder last, whole or not at all.

    What lies beside the run's folder (its W&B run, the benchmark's examples) is put beside it.

    Args:
        parcel: packed relative to the folder that commands run in.
        folder: of the run, relative to that.
        workplace: that folder, on this machine.

    Raises:
        OSError, tarfile.TarError: it cannot be read, is torn, or cannot be written.
    """
    place = workplace / folder.path
    place.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(dir=place.parent, prefix=ARRIVING))
    try:
        unpack_files(parcel, scratch)
        arrived = scratch / folder.path
        _merge(scratch, workplace, spare=arrived)
        (place / folder.result.name).unlink(missing_ok=True)
        shutil.rmtree(place, ignore_errors=True)
        arrived.rename(place)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _merge(source: Path, target: Path, *, spare: Path) -> None:
    """Move into `target` what `source` has beside `spare`, file over file."""
    target.mkdir(parents=True, exist_ok=True)
    for entry in source.iterdir():
        if entry == spare:
            continue
        place = target / entry.name
        if entry.is_dir():
            _merge(entry, place, spare=spare)
        else:
            entry.replace(place)
