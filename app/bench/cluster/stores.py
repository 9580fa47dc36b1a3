"""What a run has left on a node, brought here: through a store that both sides reach, or through Ray itself."""

from __future__ import annotations

import secrets
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from app.bench.cluster.parcels import ARRIVING, Parcel, check_parcel, put_in_place
from app.config import AUTO, RAY
from app.layout import RunFolder

__all__ = ["KERNELS", "Sent", "clear_leftovers", "fetch_run", "is_url", "send_parcel"]

KERNELS = ".kernels-"  # so begin folders in which hosts keep the logs of kernels that wait for a run
Sent = tuple[str, int, str, bytes]  # the place of a parcel, its size, its digest, and the first of its bytes


def is_url(store: str) -> bool:
    """Whether results go to a store of fsspec."""
    return store not in (AUTO, RAY)


def send_parcel(parcel: Parcel, store: str) -> str:
    """Put a parcel into a store, and return its address there; here it is gone.

    Raises:
        OSError: the store does not take it.
    """
    import fsspec

    address = f"{store.rstrip('/')}/{parcel.path.stem}-{secrets.token_hex(4)}.tar"
    with parcel.path.open("rb") as source, fsspec.open(address, "wb", auto_mkdir=True) as target:
        shutil.copyfileobj(source, target, 1 << 20)
    parcel.path.unlink()
    return address


def fetch_run(folder: RunFolder, sent: Sent, read: Callable[[str, int], bytes], *, workplace: Path) -> None:
    """Put in place what a run has left on a node; a few megabytes of it are held in memory at a time.

    Args:
        folder: of the run, relative to `workplace`.
        sent: what the node says of the parcel.
        read: gives the next bytes of a parcel that is still on its node.
        workplace: the folder of the command.

    Raises:
        OSError, tarfile.TarError: it did not arrive as it was sent, or cannot be written.
    """
    place, size, digest, first = sent
    runs = workplace / folder.path.parent
    runs.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=runs, prefix=ARRIVING) as scratch:
        parcel = Path(scratch) / "run.tar"
        with parcel.open("wb") as file:
            if "://" in place:
                _download(place, file)
            else:
                file.write(first)
                while file.tell() < size:
                    file.write(read(place, file.tell()))
        check_parcel(parcel, digest)
        put_in_place(parcel, folder, workplace=workplace)


def clear_leftovers(runs: Path) -> None:
    """Remove what a driver that was killed has left beside its runs; `runs` is the folder of a benchmark's runs."""
    for place in (place for begin in (ARRIVING, KERNELS) for place in runs.glob(f"{begin}*")):
        shutil.rmtree(place, ignore_errors=True)


def _download(address: str, file: Any) -> None:
    import fsspec

    with fsspec.open(address, "rb") as source:
        shutil.copyfileobj(source, file, 1 << 20)
    filesystem, path = fsspec.core.url_to_fs(address)
    filesystem.rm(path)
