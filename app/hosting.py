"""What the nodes of a Ray cluster run for a driver: the check of each, its host, and the tasks that hold resources."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import shutil
import time
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil

from app.bench.cluster.host import Host
from app.bench.cluster.orders import Caller, Order, Workspace
from app.bench.cluster.parcels import read_chunk, unpack_files
from app.bench.cluster.stores import Sent, is_url, send_parcel
from app.bench.cluster.versions import read_versions
from app.layout import RunFolder, cache_folder

__all__ = ["NodeHost", "carry_out_order", "check_inputs", "describe_node"]

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_HOST_SECONDS = 60  # for a host to be started again
_WORKSPACES = "cluster"  # in the cache: folders of drivers whose own folder this node does not see


def describe_node(token: str, words: str) -> str:
    """As JSON: the versions of this node, which machine it is, and whether it sees the driver's file `token`."""
    sees = False
    with contextlib.suppress(OSError):
        sees = Path(token).read_text(encoding="utf-8") == words
    machine = _BOOT.read_text(encoding="ascii").strip() if _BOOT.exists() else f"{platform.node()} {uuid.getnode()}"
    return json.dumps({"versions": read_versions(), "machine": machine, "sees": sees})


class NodeHost:
    """The actor of a node: it makes a workspace, and carries out runs in it."""

    def __init__(self, node: str, cores: int, workspace: str, inputs: Sequence[Any]) -> None:
        """Make the workspace ready.

        Args:
            node: Ray's id of it.
            cores: that Ray has there.
            workspace: as JSON.
            inputs: pieces of a parcel of files that are laid into a workspace of this node's own.
        """
        import ray

        told = Workspace.model_validate_json(workspace)
        folder = Path(told.folder)
        self._root = None if told.is_shared else _new_root()
        if self._root is not None:
            folder = self._root / folder.relative_to(folder.anchor)
            folder.mkdir(parents=True)
            if inputs:
                parcel = self._root / "inputs.tar"
                with parcel.open("wb") as file:
                    for piece in inputs:
                        file.write(ray.get(piece))
                unpack_files(parcel, self._root)
                parcel.unlink()
        os.chdir(folder)
        self._host = Host(told, node, cores, _render)

    def place(self) -> str:
        """The folder of the workspace on this node; the host is there once this is answered."""
        return str(Path.cwd())

    def execute(self, order: str, caller: str) -> str:
        """Carry out a run; order, caller and report are JSON."""
        asked = Order.model_validate_json(order)
        if not self._host.workspace.is_shared:
            # what a run keeps for all of its benchmark, it keeps where there is one
            record = Path(asked.folder).parent.parent / "benchmark.json"
            record.parent.mkdir(parents=True, exist_ok=True)
            record.touch()
        report = self._host.execute(asked, Caller.model_validate_json(caller))
        return report.model_dump_json()

    def pack(self, run_id: str) -> Sent:
        """What a run has left here, made a parcel: it lies in the store, or here to be read."""
        parcel = self._host.pack(run_id)
        if is_url(self._host.workspace.store):
            return send_parcel(parcel, self._host.workspace.store), parcel.size, parcel.digest, b""
        return str(parcel.path), parcel.size, parcel.digest, read_chunk(parcel.path, 0)

    def read(self, place: str, start: int) -> bytes:
        """The next bytes of a parcel."""
        return read_chunk(Path(place), start)

    def drop(self, place: str) -> None:
        """The parcel has arrived."""
        Path(place).unlink(missing_ok=True)

    def close(self) -> None:
        """Leave nothing behind."""
        self._host.close()
        if self._root is not None:
            os.chdir("/")
            shutil.rmtree(self._root, ignore_errors=True)


def carry_out_order(order: str, hosts: Mapping[str, tuple[Any, bool]]) -> str:
    """The task of a run: it holds the resources, and the host of its node works.

    Args:
        order: as JSON.
        hosts: Ray's id of a node -> its host, and whether the machine has room for one run alone.

    Returns:
        The report, as JSON.
    """
    import ray
    from ray._private.worker import global_worker

    context = ray.get_runtime_context()
    worker: Any = global_worker
    host, is_alone = hosts[context.get_node_id()]
    caller = Caller(
        pid=os.getpid(),
        attempt=worker.core_worker.get_current_task_attempt_number(),  # Ray says it nowhere else
        gpus=tuple(map(str, context.get_accelerator_ids().get("GPU", ()))),
        is_alone=is_alone,
    )
    # a task that waits by ray.get is taken for idle, and another is given its cores
    _wait_for(host)
    return str(host.execute.remote(order, caller.model_dump_json()).future().result())


def _wait_for(host: Any) -> None:
    """Return when the host is there: one that has died is started again by Ray."""
    from ray.exceptions import ActorUnavailableError

    until = time.monotonic() + _HOST_SECONDS
    while True:
        try:
            host.place.remote().future().result()
        except ActorUnavailableError:
            if time.monotonic() > until:
                raise
            time.sleep(0.5)
        else:
            return


def check_inputs(folder: str, benchmarks: Sequence[str], fingerprints: Sequence[Mapping[str, str]]) -> list[str]:
    """See in `folder` of this node what the runs of each benchmark will see; returns what is missing or otherwise.

    Args:
        folder: where they run.
        benchmarks: as JSON.
        fingerprints: of each, `data` and those of checkpoints, by their names.
    """
    from app.config import Benchmark
    from app.errors import UsageError
    from app.lab.checkpoints import check_checkpoint, fetch_checkpoints, fingerprint_checkpoint
    from app.lab.datasets import load_examples
    from app.lab.tracking import has_credentials

    problems = []
    with contextlib.chdir(folder):
        for text, known in zip(benchmarks, fingerprints, strict=True):
            benchmark = Benchmark.model_validate_json(text)
            try:
                seen = load_examples(benchmark.dataset, benchmark.task.kind).fingerprint
                if seen != known["data"]:
                    problems.append(f"dataset.path: {benchmark.dataset.shown_path} has other rows than the driver saw")
            except UsageError as error:
                problems.append(str(error))
            for name in (item.checkpoint for item in benchmark.architectures if item.checkpoint):
                try:
                    check_checkpoint(name)
                    fetch_checkpoints([name])
                    if fingerprint_checkpoint(name) != known[name]:
                        problems.append(f"{name}: is another checkpoint than the driver's")
                except UsageError as error:
                    problems.append(str(error))
            if benchmark.tracking.mode == "online" and not has_credentials():
                problems.append("tracking.mode: online needs credentials in the environment of every node's Ray")
    return list(dict.fromkeys(problems))


def _render(folder: RunFolder, run_id: str) -> None:
    from app.report.page.pages import render_run

    render_run(folder, run_id)


def _new_root() -> Path:
    """A folder for a workspace. Those of hosts that were killed are removed."""
    place = cache_folder() / _WORKSPACES
    place.mkdir(parents=True, exist_ok=True)
    for old in place.iterdir():
        pid = old.name.partition("-")[0]
        if pid.isdigit() and not psutil.pid_exists(int(pid)):
            shutil.rmtree(old, ignore_errors=True)
    root = (place / f"{os.getpid()}-{uuid.uuid4().hex[:8]}").resolve()
    root.mkdir()
    return root
