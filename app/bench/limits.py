"""What a run may take: time, memory, room for what its process prints; watched while its notebook is executed."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

from app.bench.kernels import Kernel
from app.bench.machine import Machine

__all__ = ["LOG_BYTES", "Limits"]

LOG_BYTES = 4 << 20  # of log.txt; of more, a quarter of this from its beginning and as much from its end are kept
_ROUNDS = 50  # a process that prints faster than this reads is cut off all the same
_POLL_SECONDS = 0.1
_FAMILY_SECONDS = 1.0  # between looks at what else the kernel has started
_RESERVED = 128 << 20  # bytes that threads reserve for their stacks and hardly use
_GPUS = Path("/proc/driver/nvidia")


class Limits:
    """Ends a kernel that takes more than it may; use as a context around what it does.

    Memory is what the kernel and all it has started hold at once (resident), libraries included. Where the system can,
    an allocation beyond the limit is refused besides, so that the cell that asked for it fails and says so. With GPUs
    that is left out: their drivers reserve far more addresses than memory.
    """

    def __init__(self, kernel: Kernel, machine: Machine, *, seconds: float, memory_bytes: int | None) -> None:
        """Watch `kernel`.

        Args:
            kernel: started, or yet to be.
            machine: knows for how long it has been paused, which is not its own time.
            seconds: the time it has.
            memory_bytes: the most it may hold; None: there is no limit.
        """
        self._kernel, self._machine = kernel, machine
        self._seconds, self._memory = seconds, memory_bytes
        self._began = time.monotonic()
        self._lifted = threading.Event()
        self._bounded = memory_bytes is None
        self._family: tuple[float, list[psutil.Process]] = (-_FAMILY_SECONDS, [])
        self.expired = False  # its time is up
        self.held_bytes: int | None = None  # what it held when it was ended for that
        self._thread = threading.Thread(target=self._watch, name="limits", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lifted.set()
        self._thread.join()
        _bound_log(self._kernel.log)

    def describe_memory(self) -> str:
        """What became of a kernel that held too much."""
        held, limit = (self.held_bytes or 0) / 1e9, (self._memory or 0) / 1e9
        return f"held {held:.2f} GB, more than execution.memory_bytes allows ({limit:.2f} GB), and was ended"

    def _watch(self) -> None:
        while not self._lifted.wait(_POLL_SECONDS):
            pid = self._kernel.pid
            _bound_log(self._kernel.log)
            paused = self._machine.paused_seconds(pid or 0)
            if time.monotonic() - self._began - paused > self._seconds:
                self.expired = True
                self._kernel.end()
                return
            if self._memory is not None and pid is not None:
                held = self._held(pid)
                if held > self._memory:
                    self.held_bytes = held
                    self._kernel.kill()
                    return
                if not self._bounded and held:
                    self._bounded = True
                    _refuse_beyond(pid, self._memory - held)

    def _held(self, pid: int) -> int:
        """Bytes that the kernel and what it has started hold now."""
        looked, family = self._family
        if time.monotonic() - looked > _FAMILY_SECONDS:
            with contextlib.suppress(psutil.Error):
                kernel = psutil.Process(pid)
                family = [kernel, *kernel.children(recursive=True)]
            self._family = (time.monotonic(), family)
        held = 0
        for process in family:
            with contextlib.suppress(psutil.Error):
                held += process.memory_info().rss
        return held


def _refuse_beyond(pid: int, bytes_left: int) -> None:
    """Let a process reserve so much more than it has reserved now, and then refuse."""
    if sys.platform != "linux" or _GPUS.exists():
        return
    import resource

    with contextlib.suppress(OSError, ValueError, StopIteration):
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
        reserved = next(int(line.split()[1]) for line in lines if line.startswith("VmData:")) << 10
        _, most = resource.prlimit(pid, resource.RLIMIT_DATA)
        limit = reserved + bytes_left + _RESERVED
        if most in (resource.RLIM_INFINITY, -1) or limit < most:
            resource.prlimit(pid, resource.RLIMIT_DATA, (limit, most))


def _bound_log(log: Path) -> None:
    """Keep the beginning and the end of a log that has grown too long. Its writer goes on at the new end.

    What it prints while its end is moved is moved too; only what it prints at the very moment of the cut is lost.
    """
    with contextlib.suppress(OSError):
        size = os.stat(log).st_size  # noqa: PTH116  # ten times a second
        if size <= LOG_BYTES:
            return
        kept = LOG_BYTES // 4
        said = f"\n[... left out: the process printed more than {LOG_BYTES >> 20} MB past its notebook ...]\n".encode()
        with log.open("r+b", buffering=0) as file:
            source = target = 0
            for _ in range(_ROUNDS):
                size = os.fstat(file.fileno()).st_size
                if size > source + kept:  # more than is kept, and more than the last round found
                    source, target = size - kept, kept + os.pwrite(file.fileno(), said, kept)
                if source == size:
                    break
                text = os.pread(file.fileno(), kept, source)
                source, target = source + len(text), target + os.pwrite(file.fileno(), text, target)
            file.truncate(target)
