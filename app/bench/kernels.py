"""A Jupyter kernel for one run: of this very Python, warm where the system can fork, and stopped for good."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import run_sync

from app.bench.forkserver import REPORT_ALONE, UNTRACKED
from app.bench.stragglers import DRIVER_MARK, end_processes, find_marked, find_session
from app.bench.warm import WarmParent, WarmProvisioner, can_fork
from app.layout import KERNEL_VARIABLE, PROJECT

__all__ = ["Kernel", "kernel_environment", "open_parent", "open_report_parent"]

_REAP_SECONDS = 10
_GRACE_SECONDS = 3  # for a kernel that is asked to end
_NUMBERS = itertools.count()
_ERROR_REPORTING = "WANDB_ERROR_REPORTING"
_SETTINGS = {
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    # the driver has fetched what the runs need: all of them see the same weights and data, and none waits for a hub
    "HF_HUB_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    "TOKENIZERS_PARALLELISM": "true",
    "WANDB_SILENT": "true",
}


@contextlib.contextmanager
def open_parent(kind: str, *, tracked: bool = True) -> Iterator[WarmParent | None]:
    """The parent of warm kernels while the context lasts; None for `cold`, and where the system cannot fork."""
    if kind == "cold" or not can_fork():
        yield None
        return
    with contextlib.closing(WarmParent(_parent_environment(), *([] if tracked else [UNTRACKED]))) as parent:
        yield parent


@contextlib.contextmanager
def open_report_parent() -> Iterator[WarmParent | None]:
    """The parent of a kernel that makes a report and nothing else; it is ready by the time the driver is."""
    if not can_fork():
        yield None
        return
    with contextlib.closing(WarmParent(_parent_environment(), REPORT_ALONE)) as parent:
        yield parent


class _Manager(AsyncKernelManager):
    """A manager whose kernel is this Python, whatever kernelspecs the machine has."""

    def __init__(self, launch: Mapping[str, Any], **traits: Any) -> None:
        super().__init__(**traits)
        self._launch = dict(launch)
        self.started: Any = None
        self.doomed = False
        self.clients: list[AsyncKernelClient] = []

    @property
    def kernel_spec(self) -> KernelSpec:
        # No look-up: a kernelspec of the same name elsewhere on the machine may belong to another Python.
        command = [sys.executable, "-P", "-m", "app.bench.kernel", "{connection_file}"]
        return KernelSpec(argv=command, display_name="Python 3", language="python")

    def client(self, **options: Any) -> AsyncKernelClient:  # type: ignore[override]
        made = super().client(**options)
        self.clients.append(made)
        return made

    async def start_kernel(self, **options: Any) -> None:  # type: ignore[override]  # it is async in the library too
        await self._async_start_kernel(**{**options, **self._launch})
        self.started = getattr(self.provisioner, "process", None)  # the provisioner forgets it when it has ended
        if self.doomed:
            self.started.kill()


class Kernel:
    """One kernel: `manager` is for papermill, `kill` for whoever has waited long enough.

    The sockets and the connection file, which holds the key to the kernel, lie in a folder of the owner's alone.
    What the process itself writes to stdout and stderr, past the notebook, goes to `log`.
    """

    def __init__(self, environment: Mapping[str, str], log: Path, parent: WarmParent | None = None) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="bench-"))
        self._mark = f"{DRIVER_MARK}:{next(_NUMBERS)}"
        self.log = log  # where it is by now: whoever moves it says so
        self._output = log.open("ab")
        launch = {
            "env": {**os.environ, **kernel_environment(), **environment, KERNEL_VARIABLE: self._mark},
            "stdout": self._output,
            "stderr": self._output,
        }
        self.manager = _Manager(launch, connection_file=str(self._folder / "kernel.json"))
        if sys.platform != "win32":
            self.manager.transport = "ipc"
            self.manager.ip = str(self._folder / "s")
        if parent is not None:
            provisioner = WarmProvisioner(parent=self.manager, kernel_spec=self.manager.kernel_spec)
            provisioner.warm_parent, provisioner.warm_log = parent, log.resolve()
            self.manager.provisioner = provisioner

    @property
    def pid(self) -> int | None:
        """The process id, once it has started."""
        return getattr(self.manager.started, "pid", None)

    @property
    def runs(self) -> bool:
        """Whether its process is there."""
        return self.manager.started is not None and self.manager.started.poll() is None

    def start(self) -> None:
        """Start it now, ahead of the notebook; without this the notebook's execution does.

        Raises:
            OSError, RuntimeError: it did not start.
        """
        run_sync(self.manager.start_kernel)()

    def end(self) -> None:
        """Ask the kernel and all it has started to end, and end what has not done so some seconds later."""
        process = self.manager.started
        if process is not None and process.poll() is None and sys.platform != "win32":
            with contextlib.suppress(ProcessLookupError):
                os.killpg(os.getpgid(process.pid), signal.SIGTERM)
            until = time.monotonic() + _GRACE_SECONDS
            while process.poll() is None and time.monotonic() < until:
                time.sleep(0.05)
        self.kill()

    def kill(self) -> None:
        """End the kernel and its process group, now. Safe to call from another thread, and twice."""
        self.manager.doomed = True  # also if it is only about to start
        process = self.manager.started
        if process is None or process.poll() is not None:
            return
        try:
            if sys.platform == "win32":
                process.kill()
            else:
                os.killpg(os.getpgid(process.pid), signal.SIGKILL)
        except ProcessLookupError:
            pass

    def last_words(self) -> str:
        """How the process ended: `exit code 3`, `SIGKILL`, or that it never started."""
        code = None
        if self.manager.started is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                code = self.manager.started.wait(_REAP_SECONDS)
        if code is None:
            return "it did not start"
        return signal.Signals(-code).name if code < 0 else f"exit code {code}"

    def close(self) -> None:
        """Leave nothing behind: no process, no socket, no connection file."""
        self.kill()
        for client in self.manager.clients:  # nbclient leaves its sockets open when a kernel has died
            client.stop_channels()
        self.manager.context.destroy(linger=0)
        if self.manager.started is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.manager.started.wait(_REAP_SECONDS)
            self._end_stragglers(self.manager.started.pid)
        self._output.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _end_stragglers(self, pid: int) -> None:
        """What the kernel has started does not outlive it, whatever session it has gone to."""
        end_processes(lambda: find_session(pid) | find_marked(self._mark))


def kernel_environment() -> dict[str, str]:
    """What every kernel's environment has beside the driver's own: the project on the path, and quiet libraries."""
    before = os.environ.get("PYTHONPATH")
    # wandb's reports of its own errors go to its makers, and to make them ready takes 0.4 s a run: only for who asks
    reporting = {_ERROR_REPORTING: os.environ.get(_ERROR_REPORTING, "false")}
    return {**_SETTINGS, **reporting, "PYTHONPATH": str(PROJECT) + (os.pathsep + before if before else "")}


def _parent_environment() -> dict[str, str]:
    return {**kernel_environment(), KERNEL_VARIABLE: DRIVER_MARK}
