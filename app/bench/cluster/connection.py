"""A Ray cluster joined as a driver; the nodes it has that could hold a run."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import FrameType, ModuleType
from typing import Any

from app.config import Execution, Resources
from app.errors import ClusterError
from app.layout import PROJECT

__all__ = ["ADDRESS_VARIABLE", "Node", "find_nodes", "join_ray", "select_nodes"]

ADDRESS_VARIABLE = "RAY_ADDRESS"  # read by Ray itself: where `auto` is
INSTALL = "make ray, or .venv/bin/pip install ray==2.60.0"
_KNOCK_SECONDS = 5  # to wait for an address to answer at all; Ray itself waits much longer


@dataclass(frozen=True)
class Node:
    """A node of the cluster, and how many runs at a time it has room for when it is idle."""

    id: str  # Ray's
    address: str
    cores: int
    slots: int


@contextlib.contextmanager
def join_ray(execution: Execution) -> Iterator[ModuleType]:
    """Be a driver of the cluster while the context lasts; yields the module `ray`. Ray ends what it left behind.

    Raises:
        ClusterError: Ray is not installed, no cluster answers at the address, or it is of another version.
    """
    try:
        import ray
    except ImportError as error:
        message = f"execution.executor: ray needs the package ray ({error}); install it: {INSTALL}"
        raise ClusterError(message) from None
    if ray.is_initialized():  # by who called us
        yield ray
        return
    address = execution.address
    _knock(os.environ.get(ADDRESS_VARIABLE, "") if address == "auto" else address)
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        with contextlib.chdir(PROJECT):  # nodes look for the project where it is here, not in the folder of the command
            ray.init(
                address=address,
                namespace=f"bert-benchmark-{uuid.uuid4().hex}",
                log_to_driver=False,
                configure_logging=False,
                logging_level=logging.ERROR,
            )
    except ConnectionError:
        raise ClusterError(_nobody(address)) from None
    except (RuntimeError, ValueError, TimeoutError, OSError) as error:
        lines = " ".join(str(error).split())
        remedy = "start its nodes with the Ray and the Python of this project's environment"
        raise ClusterError(f"execution.address: {address}: cannot be joined ({lines}); {remedy}") from None
    _restore(handlers)  # Ray takes SIGTERM for itself
    _hush()
    try:
        yield ray
    finally:
        ray.shutdown()
        _restore(handlers)


def _restore(handlers: dict[signal.Signals, Any]) -> None:
    def ignore(number: int, frame: FrameType | None) -> None: ...

    with contextlib.suppress(ValueError):  # not in the main thread
        for number, handler in handlers.items():
            signal.signal(number, handler or ignore)


def _hush() -> None:
    """Nodes that are lost and runs that are tried again are told by us; Ray would print pages, and has no switch."""
    from ray._private import worker

    worker.print_to_stdstream = lambda *_, **__: None


def _knock(address: str) -> None:
    host, separator, port = address.rpartition(":")
    if not separator or not port.isdigit():
        return
    try:
        socket.create_connection((host, int(port)), timeout=_KNOCK_SECONDS).close()
    except (OSError, OverflowError):
        raise ClusterError(_nobody(address)) from None


def _nobody(address: str) -> str:
    here = "this machine belongs to none" if address == "auto" else "nobody answers there"
    return (
        f"execution.address: {address}: no Ray cluster ({here}); start one (make cluster, or ray start --head), "
        "or give HOST:PORT as ray start printed it"
    )


def find_nodes(ray: Any, resources: Resources) -> list[Node]:
    """The nodes that are alive and could hold a run, by address."""
    nodes = []
    for found in ray.nodes():
        if found["Alive"]:
            has = found["Resources"]
            cores = int(has.get("CPU", 0))
            slots = cores // resources.cpus
            if resources.gpus:
                slots = min(slots, _runs_on_gpus(has.get("GPU", 0), resources.gpus))
            if slots:
                nodes.append(Node(found["NodeID"], found["NodeManagerAddress"], cores, slots))
    return sorted(nodes, key=lambda node: node.address)


def select_nodes(nodes: Sequence[str]) -> dict[str, str]:
    """The label selector that keeps a task on these nodes, of Ray's ids."""
    return {"ray.io/node-id": f"in({','.join(nodes)})"}


def _runs_on_gpus(gpus: float, wanted: float) -> int:
    return int(gpus // wanted) if wanted >= 1 else int(gpus) * int(1 / wanted)
