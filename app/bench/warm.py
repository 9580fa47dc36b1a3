"""The driver's side of warm kernels: one parent process, and the kernels forked from it."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

__all__ = ["ForkedProcess", "WarmParent", "WarmProvisioner", "can_fork"]

_FORK_SECONDS = 120  # for the parent to import everything, on a slow disk too


def can_fork() -> bool:
    """Whether this system forks safely. macOS does not: its frameworks break in a forked child."""
    return sys.platform == "linux"


@dataclass(eq=False)
class ForkedProcess:
    """A forked kernel with the manners of `subprocess.Popen`; it is not our child, the parent tells of its end."""

    pid: int
    returncode: int | None = None
    stdin: None = None
    stdout: None = None
    stderr: None = None
    _ended: threading.Event = field(default_factory=threading.Event)

    def poll(self) -> int | None:
        return self.returncode

    def wait(self, timeout: float | None = None) -> int | None:
        self._ended.wait(timeout)
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.returncode is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def end(self, code: int) -> None:
        """The parent has seen it end."""
        self.returncode = code
        self._ended.set()


class WarmParent:
    """Keeps one preloaded process, starting it at once and in the background; use as a context."""

    def __init__(self, environment: Mapping[str, str], *flags: str) -> None:
        """Start it with `environment` laid over this process's; `flags` of the fork server say what it imports."""
        words = ["-P", "-m", "app.bench.forkserver"]  # -P: a folder app/ of the user's is not ours
        self._process = subprocess.Popen(
            [sys.executable, *words, *flags],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **environment},
            start_new_session=True,
            text=True,
        )
        self._numbers = itertools.count()
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._forks: dict[int, ForkedProcess] = {}
        self._kernels: dict[int, ForkedProcess] = {}
        self._lost = False
        self._ready = threading.Event()
        threading.Thread(target=self._listen, name="warm-parent", daemon=True).start()

    def wait_until_ready(self, stopped: Callable[[], bool]) -> bool:
        """Whether it is alive with its imports done; returns at once when it has died, or soon after `stopped()`."""
        until = time.monotonic() + _FORK_SECONDS
        while not self._ready.wait(0.1) and not stopped() and time.monotonic() < until:
            pass
        return self._ready.is_set() and not self._lost

    def fork(self, *, connection_file: str, environment: Mapping[str, str], folder: Path, log: Path) -> ForkedProcess:
        """A new kernel.

        Raises:
            RuntimeError: the parent has died.
        """
        number = next(self._numbers)
        request = {
            "fork": number,
            "connection_file": connection_file,
            "environment": dict(environment),
            "folder": str(folder),
            "log": str(log),
        }
        assert self._process.stdin is not None
        until = time.monotonic() + _FORK_SECONDS
        with self._changed:
            try:
                self._process.stdin.write(json.dumps(request) + "\n")
                self._process.stdin.flush()
            except OSError:
                self._lost = True
            while number not in self._forks and not self._lost and time.monotonic() < until:
                self._changed.wait(1)
            if number not in self._forks:
                raise RuntimeError("the parent of the warm kernels has died")
            return self._forks.pop(number)

    def close(self) -> None:
        """End the parent, and with it every kernel."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.close()
            self._process.wait(2)
        except (OSError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait()
        finally:
            if self._process.stdout is not None:
                self._process.stdout.close()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        try:
            for line in self._process.stdout:
                self._take(json.loads(line))
        except ValueError:
            pass  # closed, or cut off in the middle of a line
        self._ready.set()
        with self._changed:
            self._lost = True
            for kernel in self._kernels.values():
                kernel.end(-signal.SIGKILL)
            self._changed.notify_all()

    def _take(self, answer: Mapping[str, Any]) -> None:
        if "ready" in answer:
            self._ready.set()
        with self._changed:
            if "fork" in answer:
                kernel = ForkedProcess(answer["pid"])
                self._forks[answer["fork"]] = self._kernels[kernel.pid] = kernel
                self._changed.notify_all()
            elif "code" in answer:
                self._kernels.pop(answer["pid"]).end(answer["code"])


class WarmProvisioner(LocalProvisioner):
    """Gives jupyter_client a forked kernel where it would have started a process."""

    warm_parent: WarmParent
    warm_log: Path

    async def launch_kernel(self, cmd: list[str], **options: Any) -> KernelConnectionInfo:  # noqa: ARG002
        manager: Any = self.parent
        kernel = self.warm_parent.fork(
            connection_file=manager.connection_file,
            environment=options["env"],
            folder=Path(options.get("cwd") or Path.cwd()),
            log=self.warm_log,
        )
        self.process = kernel  # type: ignore[assignment]  # it has the manners of a Popen
        self.pid = self.pgid = kernel.pid
        return self.connection_info
