"""Which nodes of a Ray cluster may take part: each is asked what it is and what it sees, and given a host."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.bench.cluster.connection import Node, select_nodes
from app.bench.cluster.inputs import find_inputs
from app.bench.cluster.orders import Workspace
from app.bench.cluster.parcels import pack_files, read_chunks
from app.bench.cluster.versions import describe_differences, read_versions
from app.config import AUTO, Benchmark, Execution
from app.errors import OutputError
from app.hosting import NodeHost, check_inputs, describe_node
from app.layout import PROJECT

__all__ = ["Admission", "Member"]

_ANSWER_SECONDS = 180  # for a node to say what it is: it starts a Python, on a slow disk too
_CHECK_SECONDS = 1800  # for it to read the data, and to fetch what a hub has
_TALKS = 8  # threads of a host beside those of its runs


@dataclass(frozen=True)
class Member:
    """A node that takes part."""

    node: Node
    host: Any  # Ray's handle of its NodeHost
    machine: str  # two nodes may be of one machine


@dataclass(eq=False)
class Admission:
    """What every node is asked before a run goes there.

    Args:
        ray: the module.
        benchmarks: whose runs they are; how they are carried out is said by the first.
        fingerprints: of each benchmark: `data`, and those of its checkpoints by their names.
    """

    ray: Any
    benchmarks: Sequence[Benchmark]
    fingerprints: Sequence[Mapping[str, str]]
    _inputs: list[Any] | None = field(default=None)

    @property
    def _execution(self) -> Execution:
        return self.benchmarks[0].execution

    def admit(self, nodes: Sequence[Node]) -> tuple[list[Member], list[str]]:
        """Those of `nodes` as members, if nothing is wrong with any; and a line for each thing that is."""
        described, problems = self._describe(nodes)
        problems = problems or self._check_artifacts([node for node in nodes if not self._shares(described[node.id])])
        if problems:
            return [], problems
        hosts = {node.id: self._make_host(node, is_shared=self._shares(described[node.id])) for node in nodes}
        places, problems = self._ask({key: host.place.remote() for key, host in hosts.items()}, _ANSWER_SECONDS, nodes)
        problems = problems or self._check_inputs(places, nodes)
        if problems:
            for host in hosts.values():
                self.ray.kill(host)
            return [], problems
        return [Member(node, hosts[node.id], described[node.id]["machine"]) for node in nodes], []

    def _describe(self, nodes: Sequence[Node]) -> tuple[dict[str, dict[str, Any]], list[str]]:
        with _token() as (token, words):
            asked = {node.id: self._task(describe_node, node.id).remote(str(token), words) for node in nodes}
            answers, problems = self._ask(asked, _ANSWER_SECONDS, nodes)
        described = {key: json.loads(answer) for key, answer in answers.items()}
        here = read_versions()
        for node in nodes:
            if node.id in described:
                problems += describe_differences(node.address, described[node.id]["versions"], here)
        return described, problems

    def _shares(self, described: Mapping[str, Any]) -> bool:
        """Whether a node works in the driver's own folder."""
        return self._execution.store == AUTO and bool(described["sees"])

    def _check_artifacts(self, nodes: Sequence[Node]) -> list[str]:
        """Artifacts that wait for W&B name files by their absolute paths, which are gone when a node has sent them."""
        waiting = any(item.tracking.log_model and item.tracking.mode != "online" for item in self.benchmarks)
        remedy = "share that folder, set tracking.mode to online, or leave log_model out"
        message = (
            f"tracking.log_model: keeps models for W&B in the folder of the command, and it works in another; {remedy}"
        )
        return [f"node {node.address}: {message}" for node in nodes if waiting]

    def _make_host(self, node: Node, *, is_shared: bool) -> Any:
        workspace = Workspace(folder=str(Path.cwd()), is_shared=is_shared, store=self._execution.store)
        options = {
            "num_cpus": 0,
            "max_restarts": -1,
            "max_concurrency": node.slots + _TALKS,
            "label_selector": select_nodes([node.id]),
        }
        inputs = [] if is_shared else self._pack_inputs()
        host = self.ray.remote(NodeHost).options(**options)
        return host.remote(node.id, node.cores, workspace.model_dump_json(), inputs)

    def _pack_inputs(self) -> list[Any]:
        """Files that the runs read, as pieces in Ray's object store: there once, for all nodes."""
        if self._inputs is None:
            root = Path(Path.cwd().anchor)
            paths = [Path(os.path.normpath(Path.cwd() / path)) for path in find_inputs(self.benchmarks)]
            self._inputs = []
            if paths:
                with tempfile.TemporaryDirectory() as scratch:
                    parcel = pack_files(paths, Path(scratch) / "inputs.tar", root=root)
                    self._inputs = [self.ray.put(piece) for piece in read_chunks(parcel.path)]
        return self._inputs

    def _check_inputs(self, places: Mapping[str, str], nodes: Sequence[Node]) -> list[str]:
        benchmarks = [benchmark.model_dump_json() for benchmark in self.benchmarks]
        asked = {
            key: self._task(check_inputs, key).remote(place, benchmarks, self.fingerprints)
            for key, place in places.items()
        }
        answers, problems = self._ask(asked, _CHECK_SECONDS, nodes)
        names = {node.id: node.address for node in nodes}
        remedy = "share it with the node, put it there, or name it relative to the folder of the command"
        return problems + [f"node {names[key]}: {told}; {remedy}" for key, lines in answers.items() for told in lines]

    def _task(self, function: Any, node: str) -> Any:
        return self.ray.remote(function).options(num_cpus=0, label_selector=select_nodes([node]))

    def _ask(self, asked: Mapping[str, Any], seconds: float, nodes: Sequence[Node]) -> tuple[dict[str, Any], list[str]]:
        """The answers by node, and a line for each node that gives none."""
        names = {node.id: node.address for node in nodes}
        remedy = f"start its Ray with this project's environment, and with the project at {PROJECT}"
        answers, problems, until = {}, [], time.monotonic() + seconds
        for key, reference in asked.items():
            try:
                answers[key] = self.ray.get(reference, timeout=max(0.1, until - time.monotonic()))
            except self.ray.exceptions.GetTimeoutError:
                problems.append(f"node {names[key]}: does not answer within {seconds} s; see the logs of its Ray")
            except self.ray.exceptions.RayError as error:
                problems.append(f"node {names[key]}: {_last_line(error)}; {remedy}, or with PYTHONPATH leading to it")
        return answers, problems


@contextlib.contextmanager
def _token() -> Iterator[tuple[Path, str]]:
    """A file in the folder of the command, and what is in it: who can read it there sees the same folder.

    Raises:
        OutputError: the folder cannot be written.
    """
    words = secrets.token_hex(16)
    try:
        file = tempfile.NamedTemporaryFile("w", prefix=".cluster-", dir=Path.cwd())  # noqa: SIM115  # below it is one
    except OSError as error:
        remedy = "make it writable, or run from another folder"
        raise OutputError(f"{Path.cwd()}: cannot be written ({error.strerror}); {remedy}") from None
    with file:
        file.write(words)
        file.flush()
        yield Path(file.name), words


def _last_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[-1].strip()
