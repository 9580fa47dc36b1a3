"""Who has the machine: a run that measures has it alone, while all others of the benchmark are paused.

A kernel that is about to measure connects to the driver (`app.lab.exclusive`) and says its process id. The driver waits
until its own work is done, pauses every other kernel with all it has started, and answers. When the kernel closes
the connection, or dies, the others go on. How long each was paused is written where it can read it, so that no
training time contains another run's measuring. Another driver's kernels it cannot pause; it can tell that they are
there (`app.bench.neighbours`), and what was measured meanwhile was not measured alone.
"""

from __future__ import annotations

import contextlib
import secrets
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

from app.bench.neighbours import Neighbours
from app.layout import MACHINE_VARIABLE, PAUSED_VARIABLE

__all__ = ["Machine"]

_STOP_SECONDS = 5  # for a process to stop
_CLOSE_SECONDS = 10


@dataclass(eq=False)
class _Tenant:
    """A kernel that runs, by its process id."""

    pid: int
    paused_seconds: float = 0.0
    when_measured: Callable[[], None] | None = None
    processes: list[psutil.Process] = field(default_factory=list)  # those paused at the moment


class Machine:
    """Arbiter between the kernels of one benchmark and the driver's own work; use as a context."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="machine-"))
        self._key = secrets.token_bytes(16)
        self._listener = Listener(authkey=self._key)
        self._tenants: dict[int, _Tenant] = {}
        self._turn = threading.Lock()  # one measures at a time
        self._state = threading.Condition()
        self._held, self._working = False, 0
        self._paused_at = 0.0
        self._closed = False
        self._neighbours = Neighbours()
        self._server = threading.Thread(target=self._serve, name="machine", daemon=True)

    def __enter__(self) -> Self:
        self._neighbours.enter()
        self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closed = True
        with contextlib.suppress(OSError, EOFError, AuthenticationError):
            Client(self._listener.address, authkey=self._key).close()  # or it would wait for one for ever
        self._server.join(_CLOSE_SECONDS)
        self._listener.close()
        self._neighbours.leave()
        shutil.rmtree(self._folder, ignore_errors=True)

    def environment(self) -> Mapping[str, str]:
        """What leads a kernel here."""
        address = self._listener.address
        place = address if isinstance(address, str) else ":".join(map(str, address))
        return {MACHINE_VARIABLE: f"{self._key.hex()}@{place}", PAUSED_VARIABLE: str(self._folder)}

    @contextlib.contextmanager
    def host(self, pid: int, when_measured: Callable[[], None] | None = None) -> Iterator[None]:
        """The kernel `pid` may measure, and is paused while others do; `when_measured` is called when it is through."""
        with self._state:
            self._state.wait_for(lambda: not self._held)
            self._tenants[pid] = _Tenant(pid, when_measured=when_measured)
        try:
            yield
        finally:
            with self._state:
                self._tenants.pop(pid, None)

    def paused_seconds(self, pid: int) -> float:
        """How long a kernel has been paused in all."""
        tenant = self._tenants.get(pid)
        return tenant.paused_seconds if tenant else 0.0

    @contextlib.contextmanager
    def work(self) -> Iterator[None]:
        """The driver's own work on the machine, which waits while a kernel measures, and which measuring waits for."""
        with self._state:
            self._state.wait_for(lambda: not self._held)
            self._working += 1
        try:
            yield
        finally:
            with self._state:
                self._working -= 1
                self._state.notify_all()

    def _serve(self) -> None:
        while not self._closed:
            try:
                connection = self._listener.accept()
            except (OSError, EOFError, AuthenticationError):  # died in the middle of its greeting, or no friend
                continue
            threading.Thread(target=self._grant, args=(connection,), name="measuring", daemon=True).start()

    def _grant(self, connection: Connection) -> None:
        pid = 0
        with contextlib.suppress(OSError, EOFError, ValueError, psutil.Error), connection:
            pid = int(connection.recv_bytes(32))
            with self._turn:
                try:
                    alone = self._clear_for(pid)
                    connection.send_bytes(b"alone" if alone else b"shared")
                    connection.recv_bytes(32)  # until it is closed
                finally:
                    self._release()
        self._tell_measured(pid)

    def _clear_for(self, pid: int) -> bool:
        """Pause all but `pid`; whether none is left that could disturb it."""
        with self._state:
            self._held = True
            self._state.wait_for(lambda: self._working == 0)
            self._paused_at = time.monotonic()
            still = [_pause(tenant) for tenant in self._tenants.values() if tenant.pid != pid]
        return self._neighbours.keep_out() and all(still)

    def _release(self) -> None:
        self._neighbours.let_in()
        with self._state:
            seconds = time.monotonic() - self._paused_at
            for tenant in self._tenants.values():
                if tenant.processes:
                    tenant.paused_seconds += seconds
                    with contextlib.suppress(OSError):
                        (self._folder / str(tenant.pid)).write_text(repr(tenant.paused_seconds), encoding="ascii")
                    _resume(tenant)
            self._held = False
            self._state.notify_all()

    def _tell_measured(self, pid: int) -> None:
        tenant = self._tenants.get(pid)
        if tenant is not None and tenant.when_measured is not None:
            tenant.when_measured()


def _pause(tenant: _Tenant) -> bool:
    """Stop a kernel and what it has started; whether they stand still."""
    try:
        kernel = psutil.Process(tenant.pid)
        tenant.processes = [kernel, *kernel.children(recursive=True)]
    except psutil.NoSuchProcess:
        tenant.processes = []
        return True
    still = True
    for process in tenant.processes:
        try:
            process.suspend()
        except psutil.NoSuchProcess:
            continue
        except psutil.AccessDenied:
            still = False
    return still and all(_has_stopped(process) for process in tenant.processes)


def _has_stopped(process: psutil.Process) -> bool:
    """Whether a process that was told to stop does so soon: on a busy machine it has to be given its turn first."""
    until = time.monotonic() + _STOP_SECONDS
    with contextlib.suppress(psutil.NoSuchProcess):
        while process.status() not in (psutil.STATUS_STOPPED, psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD):
            if time.monotonic() > until:
                return False
            time.sleep(0.001)
    return True


def _resume(tenant: _Tenant) -> None:
    for process in tenant.processes:
        with contextlib.suppress(psutil.Error):
            process.resume()
    tenant.processes = []
