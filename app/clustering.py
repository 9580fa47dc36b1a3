"""A Ray cluster for the runs of benchmarks: joined, its nodes checked before the first run, and given the runs."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.bench.cluster.connection import Node, find_nodes, join_ray, select_nodes
from app.bench.cluster.dispatch import run_on_nodes
from app.bench.cluster.inputs import find_inputs
from app.bench.cluster.orders import Job, Order, Report, Workspace
from app.bench.cluster.parcels import check_parcel, pack_files, put_in_place, read_chunks
from app.bench.cluster.versions import describe_differences, read_versions
from app.config import AUTO, RAY, Benchmark, Execution
from app.errors import BenchmarkError, ClusterError, UsageError
from app.hosting import NodeHost, carry_out_order, check_inputs, describe_node
from app.layout import PROJECT

if TYPE_CHECKING:
    from app.bench.notebooks import Watch
    from app.bench.plan import Run
    from app.bench.source import Source
    from app.preparation import Work
    from app.results import RunResult

__all__ = ["Cluster", "join_cluster"]

_ANSWER_SECONDS = 120  # for a node to say what it is: it starts a Python, on a slow disk too
_CHECK_SECONDS = 1800  # for it to read the data, and to fetch what a hub has
_CLOSE_SECONDS = 60  # for the last pages to be made
_LOOK_SECONDS = 5  # between two looks at which nodes there are
_ALONE_SECONDS = 60  # without any node
_TALKS = 8  # threads of a host beside those of its runs


@dataclass(frozen=True)
class _Member:
    """A node that takes part."""

    node: Node
    host: Any  # Ray's handle of its NodeHost
    machine: str
    is_shared: bool


@dataclass(eq=False)
class Cluster:
    """Nodes that have passed every check, each with a host."""

    ray: Any
    benchmarks: Sequence[Benchmark]
    fingerprints: Sequence[Mapping[str, str]]  # of each benchmark: `data`, and those of checkpoints by their names
    say: Callable[[str], None]
    _members: dict[str, _Member] = field(default_factory=dict)  # by Ray's id of the node
    _refused: set[str] = field(default_factory=set)
    _alive: frozenset[str] = frozenset()
    _inputs: list[Any] | None = None
    _task: Any = None
    _options: dict[str, Any] = field(default_factory=dict)
    _hosts: Any = None
    _closed: threading.Event = field(default_factory=threading.Event)
    _lonely_since: float | None = None

    @property
    def slots(self) -> int:
        """How many runs the nodes that are alive have room for at a time."""
        return sum(member.node.slots for key, member in self._members.items() if key in self._alive)

    @property
    def execution(self) -> Execution:
        return self.benchmarks[0].execution

    def open(self) -> None:
        """Check every node that could hold a run, and give each a host.

        Raises:
            ClusterError: with a line for each thing that is wrong with any of them.
        """
        self._task = self.ray.remote(carry_out_order)
        nodes = find_nodes(self.ray, self.execution.resources)
        if not nodes:
            raise ClusterError(self._no_room())
        problems = self._admit(nodes)
        if problems:
            raise ClusterError("\n".join(problems))
        threading.Thread(target=self._look_around, name="nodes", daemon=True).start()

    def close(self, *, gently: bool) -> None:
        """End the hosts, and with them every kernel; `gently`, when they have made their last pages."""
        self._closed.set()
        hosts = [member.host for key, member in self._members.items() if key in self._alive]
        if gently:
            with contextlib.suppress(self.ray.exceptions.RayError):
                self.ray.get([host.close.remote() for host in hosts], timeout=_CLOSE_SECONDS)
        for host in hosts:
            with contextlib.suppress(self.ray.exceptions.RayError):
                self.ray.kill(host)

    def carry_out(
        self,
        benchmark: Benchmark,
        source: Source,
        *,
        template: Path,
        watch: Watch,
        on_start: Callable[[Run], None],
        on_tick: Callable[[Sequence[Run]], None],
        on_report: Callable[[Report], None] = lambda _: None,
    ) -> Generator[tuple[Run, RunResult]]:
        """Yield each run that `source` gives with its record, as it ends and its folder lies here."""
        plan = benchmark.execution
        job = Job(
            template=str(template.relative_to(PROJECT) if template.is_relative_to(PROJECT) else template),
            timeout_seconds=plan.timeout_seconds,
            retries=plan.retries,
            kernel=plan.kernel,
            tracked=benchmark.tracking.mode != "disabled",
            slices=benchmark.dataset.slices,
            cpus=plan.resources.cpus,
        )

        def submit(run: Run, expects_more: bool) -> Any:
            return self._submit(Order.of(run, job, expects_more=expects_more), plan.retries)

        yield from run_on_nodes(
            source,
            ray=self.ray,
            submit=submit,
            fetch=self._fetch,
            room=lambda: self._room(plan.workers),
            attempts=plan.retries + 1,
            watch=watch,
            on_start=on_start,
            on_tick=on_tick,
            on_report=on_report,
        )

    def _admit(self, nodes: Sequence[Node]) -> list[str]:
        """Make those of `nodes` members that compute what the driver would; what is wrong with the others."""
        described, problems = self._describe(nodes)
        hosts = self._make_hosts(described)
        places, silent = self._ask({key: host.place.remote() for key, host in hosts.items()}, _ANSWER_SECONDS, nodes)
        problems += silent
        if not problems:
            problems += self._check_inputs(places, nodes)
        if problems:
            for host in hosts.values():
                self.ray.kill(host)
            return problems
        for node in nodes:
            facts = described[node.id]
            self._members[node.id] = _Member(node, hosts[node.id], facts["machine"], bool(facts["sees"]))
        self._publish()
        return []

    def _describe(self, nodes: Sequence[Node]) -> tuple[dict[str, dict[str, Any]], list[str]]:
        """What each node says of itself, as far as it answers; and what is wrong."""
        with _token() as (token, words):
            describe = self.ray.remote(describe_node)
            asked = {
                node.id: describe.options(num_cpus=0, label_selector=select_nodes([node.id])).remote(str(token), words)
                for node in nodes
            }
            answers, problems = self._ask(asked, _ANSWER_SECONDS, nodes)
        described = {key: json.loads(answer) for key, answer in answers.items()}
        here = read_versions()
        for node in nodes:
            if node.id in described:
                problems += describe_differences(node.address, described[node.id]["versions"], here)
        return ({} if problems else described), problems

    def _make_hosts(self, described: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
        nodes = {node.id: node for node in find_nodes(self.ray, self.execution.resources)}
        make = self.ray.remote(NodeHost)
        hosts = {}
        for key, facts in described.items():
            node, is_shared = nodes[key], self.execution.store == AUTO and facts["sees"]
            workspace = Workspace(folder=str(Path.cwd()), is_shared=is_shared, store=self.execution.store)
            hosts[key] = make.options(
                num_cpus=0,
                max_restarts=-1,
                max_concurrency=node.slots + _TALKS,
                label_selector=select_nodes([key]),
            ).remote(node.address, node.cores, workspace.model_dump_json(), [] if is_shared else self._pack_inputs())
        return hosts

    def _pack_inputs(self) -> list[Any]:
        """Files that the runs read, as pieces in Ray's object store, each once for all nodes."""
        if self._inputs is None:
            inputs = [Path.cwd() / path for path in find_inputs(self.benchmarks)]
            self._inputs = []
            if inputs:
                with tempfile.TemporaryDirectory() as scratch:
                    root = Path(Path.cwd().anchor)
                    paths = [Path(os.path.normpath(path)) for path in inputs]
                    parcel = pack_files(paths, Path(scratch) / "inputs.tar", root=root)
                    self._inputs = [self.ray.put(piece) for piece in read_chunks(parcel.path)]
        return self._inputs

    def _check_inputs(self, places: Mapping[str, str], nodes: Sequence[Node]) -> list[str]:
        check = self.ray.remote(check_inputs)
        benchmarks = [benchmark.model_dump_json() for benchmark in self.benchmarks]
        asked = {
            key: check.options(num_cpus=0, label_selector=select_nodes([key])).remote(
                place, benchmarks, self.fingerprints
            )
            for key, place in places.items()
        }
        answers, problems = self._ask(asked, _CHECK_SECONDS, nodes)
        names = {node.id: node.address for node in nodes}
        remedy = "share it, put it there, or name it relative to the folder of the command"
        return problems + [
            f"node {names[key]}: {problem}; {remedy}" for key, told in answers.items() for problem in told
        ]

    def _ask(self, asked: Mapping[str, Any], seconds: float, nodes: Sequence[Node]) -> tuple[dict[str, Any], list[str]]:
        """The answers by node, and a line for each node that gives none."""
        names = {node.id: node.address for node in nodes}
        answers, problems, until = {}, [], time.monotonic() + seconds
        for key, reference in asked.items():
            try:
                answers[key] = self.ray.get(reference, timeout=max(0.1, until - time.monotonic()))
            except self.ray.exceptions.GetTimeoutError:
                problems.append(f"node {names[key]}: does not answer within {seconds} s; see the logs of its Ray")
            except self.ray.exceptions.RayError as error:
                remedy = f"start its Ray with this project's environment, and with the project at {PROJECT}"
                problems.append(f"node {names[key]}: {_last_line(error)}; {remedy}, or with PYTHONPATH leading to it")
        return answers, problems

    def _publish(self) -> None:
        """Let the tasks to come know who takes part."""
        here: dict[str, int] = {}
        for member in self._members.values():
            here[member.machine] = here.get(member.machine, 0) + member.node.slots
        alone = {key: here[member.machine] == 1 for key, member in self._members.items()}
        hosts = {key: (member.host, alone[key]) for key, member in self._members.items()}
        resources = self.execution.resources
        self._alive = frozenset(self._members)
        self._hosts = self.ray.put(hosts)
        self._options = {
            "num_cpus": resources.cpus,
            "num_gpus": resources.gpus,
            "label_selector": select_nodes(list(hosts)),
            "retry_exceptions": [self.ray.exceptions.RayActorError],
        }

    def _submit(self, order: Order, retries: int) -> Any:
        task = self._task.options(max_retries=retries, name=order.run_id, **self._options)
        return task.remote(order.model_dump_json(), self._hosts)

    def _room(self, workers: int | None) -> int:
        """So many tasks at a time; without `workers` twice as many as there is room for: no slot waits for us."""
        if not self.slots:
            self._lonely_since = self._lonely_since or time.monotonic()
            if time.monotonic() - self._lonely_since > _ALONE_SECONDS:
                raise BenchmarkError("the cluster has no node left that takes part; what was finished is kept")
        else:
            self._lonely_since = None
        return workers or 2 * self.slots

    def _fetch(self, run: Run, report: Report) -> None:
        """Bring a run's folder here from its node."""
        host = next(member.host for member in self._members.values() if member.node.address == report.node)
        place, size, digest, first = self.ray.get(host.pack.remote(run.run_id))
        with tempfile.TemporaryDirectory(dir=run.folder.path.parent, prefix=".fetching-") as scratch:
            parcel = Path(scratch) / "run.tar"
            with parcel.open("wb") as file:
                file.write(first)
                while file.tell() < size:
                    file.write(self.ray.get(host.read.remote(place, file.tell())))
            check_parcel(parcel, digest)
            put_in_place(parcel, run.folder, workplace=Path())
        host.drop.remote(place)

    def _look_around(self) -> None:
        """Who has gone, and who has come: a node that joins is checked as the first ones were, and takes part."""
        while not self._closed.wait(_LOOK_SECONDS):
            with contextlib.suppress(self.ray.exceptions.RayError, ConnectionError):
                nodes = find_nodes(self.ray, self.execution.resources)
                alive = {node.id for node in nodes}
                for key in self._alive - alive:
                    address = self._members[key].node.address
                    self.say(f"node {address} is lost; Ray tries its runs again where there is room")
                self._alive = frozenset(alive & set(self._members))
                new = [node for node in nodes if node.id not in self._members and node.id not in self._refused]
                for node in new:
                    problems = self._admit([node])
                    self._refused |= {node.id} if problems else set()
                    self.say("\n".join(problems) if problems else f"node {node.address} takes part")

    def _no_room(self) -> str:
        asked = self.execution.resources
        found = [
            f"{node['NodeManagerAddress']} has {node['Resources'].get('CPU', 0):g} CPUs, "
            f"{node['Resources'].get('GPU', 0):g} GPUs"
            for node in self.ray.nodes()
            if node["Alive"]
        ]
        wanted = f"{asked.cpus} CPUs and {asked.gpus:g} GPUs"
        return f"execution.resources: no node has {wanted}: {'; '.join(found)}; ask for less, or start larger nodes"


@contextlib.contextmanager
def join_cluster(works: Sequence[Work], say: Callable[[str], None]) -> Iterator[Cluster | None]:
    """A cluster for what is missing of `works`; None where nothing is, or it is for this machine.

    Nothing has been run or written yet when it yields, and every node has been checked.

    Raises:
        ClusterError: Ray is missing, nobody answers, or a node would compute something else.
    """
    wanted = [work for work in works if len(work.done) < len(work.runs)]
    wanted = [work for work in wanted if work.benchmark.execution.executor == RAY]
    if not wanted:
        yield None
        return
    execution = wanted[0].benchmark.execution
    for work in wanted:
        other = work.benchmark.execution
        if (other.address, other.resources, other.store) != (execution.address, execution.resources, execution.store):
            keys = "execution.address, .resources and .store"
            raise UsageError(f"{work.benchmark.name}: {keys} differ from those of {wanted[0].benchmark.name}")
    with join_ray(execution) as ray:
        cluster = Cluster(
            ray,
            [work.benchmark for work in wanted],
            [{"data": work.dataset.fingerprint, **_checkpoints(work.benchmark)} for work in wanted],
            say,
        )
        gently = False
        try:
            cluster.open()
            yield cluster
            gently = True
        finally:
            cluster.close(gently=gently)


def _checkpoints(benchmark: Benchmark) -> dict[str, str]:
    from app.lab.checkpoints import fingerprint_checkpoint

    return {
        item.checkpoint: fingerprint_checkpoint(item.checkpoint) for item in benchmark.architectures if item.checkpoint
    }


@contextlib.contextmanager
def _token() -> Iterator[tuple[Path, str]]:
    """A file in the folder of the command, and what is in it: who can read it there sees the same folder."""
    words = secrets.token_hex(16)
    with tempfile.NamedTemporaryFile("w", prefix=".cluster-", dir=Path.cwd()) as file:
        file.write(words)
        file.flush()
        yield Path(file.name), words


def _last_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[-1].strip()
