"""The machine to oneself while measuring, as the driver grants it."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from multiprocessing.connection import Client
from pathlib import Path

from app.layout import CORES_VARIABLE, MACHINE_VARIABLE, PAUSED_VARIABLE

__all__ = ["machine_alone", "paused_seconds"]


@contextlib.contextmanager
def machine_alone() -> Iterator[bool]:
    """Wait until no other run of the benchmark is at work, and keep it so; yields whether that is certain.

    It is not where no driver is about: a notebook that is run by hand does not know what else goes on.
    """
    key, _, place = os.environ.get(MACHINE_VARIABLE, "").partition("@")
    if not place:
        yield False
        return
    host, separator, port = place.rpartition(":")
    address: str | tuple[str, int] = (host, int(port)) if separator and port.isdigit() else place
    try:
        connection = Client(address, authkey=bytes.fromhex(key))
        connection.send_bytes(str(os.getpid()).encode())
        alone = connection.recv_bytes(32) == b"alone"
    except (OSError, EOFError):  # the driver is gone, and this kernel soon too
        yield False
        return
    with connection, _all_cores():
        yield alone


@contextlib.contextmanager
def _all_cores() -> Iterator[None]:
    """A worker's share of the cores is for training beside others: what is measured alone has them all."""
    torch = sys.modules.get("torch")
    cores = os.environ.get(CORES_VARIABLE)
    if torch is None or not cores:
        yield
        return
    share = torch.get_num_threads()
    torch.set_num_threads(int(cores))
    try:
        yield
    finally:
        torch.set_num_threads(share)


def paused_seconds() -> float:
    """How long this process has been paused so far, while other runs measured."""
    folder = os.environ.get(PAUSED_VARIABLE)
    try:
        return float((Path(folder) / str(os.getpid())).read_text(encoding="ascii")) if folder else 0.0
    except (OSError, ValueError):
        return 0.0
