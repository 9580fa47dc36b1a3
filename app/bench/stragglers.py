"""Processes that outlive the kernel or the driver they belong to: found by a mark in their environment, and ended."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from app.layout import KERNEL_VARIABLE

__all__ = ["DRIVER_MARK", "end_processes", "find_marked", "find_session"]

DRIVER_MARK = f"{os.getpid()}-{secrets.token_hex(4)}"  # all that this process has kernels start bears it
_HAS_PROC = Path("/proc/self/environ").exists()
_PASSES = 20  # what is ended may have started another meanwhile
_PASS_SECONDS = 0.05
_LEFT_ALONE = ("wandb-core",)  # it sees by itself that its kernel is gone, and sends what is left


def find_marked(mark: str) -> set[int]:
    """The processes whose environment bears `mark`, or one that begins with it and a colon."""
    bare = f"{KERNEL_VARIABLE}={mark}".encode()
    return {pid for pid in _all_processes() if any(_bears(word, bare) for word in _environment(pid))}


def find_session(leader: int) -> set[int]:
    """The processes of the session that `leader` has begun, whether it lives or not."""
    return {pid for pid in _all_processes() if _session(pid) == leader}


def end_processes(find: Callable[[], Iterable[int]], *, spare: Iterable[str] = _LEFT_ALONE) -> None:
    """End all that `find` finds, until it finds none; also what is stopped, and what ignores a polite word.

    Args:
        find: gives process ids; this process's own is left out.
        spare: names of programs that are left alone.
    """
    spared = tuple(spare)
    for _ in range(_PASSES):
        left = [pid for pid in find() if pid != os.getpid() and _lives(pid) and _name(pid) not in spared]
        if not left:
            return
        for pid in left:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL if sys.platform != "win32" else signal.SIGTERM)
        time.sleep(_PASS_SECONDS)


def _bears(word: bytes, bare: bytes) -> bool:
    return word == bare or word.startswith(bare + b":")


def _all_processes() -> list[int]:
    if _HAS_PROC:  # psutil would take a hundred times as long to import as this takes
        return [int(name) for name in os.listdir("/proc") if name.isdigit()]  # noqa: PTH208
    import psutil

    return list(psutil.pids())


def _environment(pid: int) -> list[bytes]:
    if _HAS_PROC:
        return (_read(pid, "environ") or b"").split(b"\0")
    import psutil

    with contextlib.suppress(psutil.Error, OSError):
        return [f"{name}={value}".encode() for name, value in psutil.Process(pid).environ().items()]
    return []


def _session(pid: int) -> int | None:
    with contextlib.suppress(OSError):
        return os.getsid(pid) if sys.platform != "win32" else None
    return None


def _lives(pid: int) -> bool:
    """Whether it is there and no zombie, which only its parent can put away."""
    state = _read(pid, "stat") if _HAS_PROC else b""
    return state is not None and state.rpartition(b")")[2].split()[:1] not in ([b"Z"], [b"X"])


def _name(pid: int) -> str:
    return (_read(pid, "comm") or b"").decode(errors="replace").strip()


def _read(pid: int, name: str) -> bytes | None:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        return None
