"""A real Ray on loopback: nodes that are started, killed and gone at the end, whatever happens."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from app.layout import PROJECT

__all__ = ["LoopbackCluster", "cluster_of"]

RAY = Path(sys.executable).parent / "ray"
START_SECONDS = 120
TRIES = 3  # Ray gives a node half a minute to start, which a machine with much else to do may not
PATIENT = {  # with such a machine; a node that is killed is noticed after some seconds all the same
    "RAY_health_check_initial_delay_ms": "5000",
    "RAY_health_check_period_ms": "1000",
    "RAY_health_check_failure_threshold": "5",
}


class LoopbackCluster:
    """Nodes on 127.0.0.1, 127.0.0.2, ..., each with one CPU, and one GPU to assign, whether there is one or not."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            self._port = found.getsockname()[1]
        self.address = f"127.0.0.1:{self._port}"
        self._nodes: dict[int, subprocess.Popen[bytes]] = {}
        self._seen: dict[int, dict[int, psutil.Process]] = {}  # by node, by process id

    def start(self, *numbers: int) -> None:
        """Start nodes; 1 is the head.

        Raises:
            RuntimeError: one does not start; the message is what Ray says.
        """
        for number in numbers:
            self._launch(number)
        for number in numbers:
            self._wait_for(number)

    def _launch(self, number: int) -> None:
        role = ["--head", f"--port={self._port}"] if number == 1 else [f"--address={self.address}"]
        role += ["--include-dashboard=false", "--no-monitor", f"--temp-dir={self._folder}"] if number == 1 else []
        words = ["--num-cpus=1", "--num-gpus=1", "--object-store-memory=100000000"]
        words += ["--include-log-monitor=false", "--disable-usage-stats", "--block"]
        environment = {**PATIENT, "RAY_USAGE_STATS_ENABLED": "0", "PYTHONPATH": str(PROJECT)}
        with self._log(number).open("w") as log:
            self._nodes[number] = subprocess.Popen(
                [RAY, "start", *role, f"--node-ip-address=127.0.0.{number}", *words],
                env={**os.environ, **environment},
                cwd=self._folder,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        until = time.monotonic() + START_SECONDS
        while number == 1 and not self._answers() and self._nodes[1].poll() is None and time.monotonic() < until:
            time.sleep(0.05)

    def _wait_for(self, number: int) -> None:
        tries, until = 1, time.monotonic() + START_SECONDS
        while "runtime started" not in self._log(number).read_text():
            if self._nodes[number].poll() is not None and tries < TRIES:
                self.kill(number)
                self._launch(number)
                tries, until = tries + 1, time.monotonic() + START_SECONDS
            elif self._nodes[number].poll() is not None or time.monotonic() > until:
                raise RuntimeError(self._log(number).read_text())
            self.processes(number)
            time.sleep(0.3)

    def processes(self, number: int) -> list[psutil.Process]:
        """All that a node has started, and what that has."""
        with contextlib.suppress(psutil.NoSuchProcess):
            found = [psutil.Process(self._nodes[number].pid)]
            found += found[0].children(recursive=True)
            self._seen.setdefault(number, {}).update({process.pid: process for process in found})
            return found
        return []

    def kill(self, number: int) -> None:
        """As if the machine had lost its power: raylet and agents are gone at once; the workers are left to notice."""
        self.processes(number)
        for process in self._seen.get(number, {}).values():
            with contextlib.suppress(psutil.NoSuchProcess):
                if not process.name().startswith(("ray::", "python")):
                    process.kill()

    def stop(self) -> None:
        """End all of it, also what has left its process group."""
        for number in self._nodes:
            self.processes(number)
        for process in [process for seen in self._seen.values() for process in seen.values()]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        for node in self._nodes.values():
            node.wait()

    def _log(self, number: int) -> Path:
        return self._folder / f"node{number}.log"

    def _answers(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self._port), timeout=1):
            return True
        return False


@contextlib.contextmanager
def cluster_of(nodes: int) -> Iterator[LoopbackCluster]:
    """A cluster with the nodes 1 to `nodes`, which ends with the context."""
    folder = Path(tempfile.mkdtemp(prefix="ray-", dir="/tmp"))  # the paths of its sockets have to be short
    cluster = LoopbackCluster(folder)
    try:
        cluster.start(*range(1, nodes + 1))
        yield cluster
    finally:
        cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)
