"""A Jupyter kernel of this very Python, started for one run, and stopped for good."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager

from app.layout import PROJECT

__all__ = ["Kernel"]

_QUIET = {
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    "TOKENIZERS_PARALLELISM": "true",
    "WANDB_SILENT": "true",
}


class _Manager(AsyncKernelManager):
    """A manager whose kernel is this Python, whatever kernelspecs the machine has."""

    def __init__(self, launch: Mapping[str, Any], **traits: Any) -> None:
        super().__init__(**traits)
        self._launch = dict(launch)

    @property
    def kernel_spec(self) -> KernelSpec:
        # No look-up: a kernelspec of the same name elsewhere on the machine may belong to another Python.
        command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        return KernelSpec(argv=command, display_name="Python 3", language="python")

    async def start_kernel(self, **options: Any) -> None:
        await self._async_start_kernel(**{**options, **self._launch})


class Kernel:
    """One kernel: `manager` is for papermill, `kill` for whoever has waited long enough.

    The sockets and the connection file, which holds the key to the kernel, lie in a folder of the owner's alone.
    What the process itself writes to stdout and stderr, past the notebook, goes to `log`.
    """

    def __init__(self, environment: Mapping[str, str], log: Path) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="bench-"))
        self._log = log.open("ab")
        launch = {
            "env": {**os.environ, **_QUIET, **environment, "PYTHONPATH": _python_path()},
            "stdout": self._log,
            "stderr": self._log,
        }
        self.manager = _Manager(launch, connection_file=str(self._folder / "kernel.json"))
        if sys.platform != "win32":
            self.manager.transport = "ipc"
            self.manager.ip = str(self._folder / "s")

    def kill(self) -> None:
        """End the kernel and all it has started, now. Safe to call from another thread, and twice."""
        process = getattr(self.manager.provisioner, "process", None)
        if process is None or process.poll() is not None:
            return
        try:
            if sys.platform == "win32":
                process.kill()
            else:
                os.killpg(os.getpgid(process.pid), signal.SIGKILL)
        except ProcessLookupError:
            pass

    def died(self) -> bool:
        """Whether the kernel's process was started and has ended."""
        process = getattr(self.manager.provisioner, "process", None)
        return process is None or process.poll() is not None

    def last_words(self) -> str:
        """How the process ended: `exit code 3`, `SIGKILL`, or that it never started."""
        process = getattr(self.manager.provisioner, "process", None)
        code = process.poll() if process is not None else None
        if code is None:
            return "it did not start"
        return signal.Signals(-code).name if code < 0 else f"exit code {code}"

    def close(self) -> None:
        """Leave nothing behind: no process, no socket, no connection file."""
        self.kill()
        self._log.close()
        shutil.rmtree(self._folder, ignore_errors=True)


def _python_path() -> str:
    before = os.environ.get("PYTHONPATH")
    return str(PROJECT) + (os.pathsep + before if before else "")
