"""A Ray cluster for the runs of benchmarks: joined, its nodes checked before the first run, and given the runs."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.admission import Admission, Member
from app.bench.cluster.connection import Node, find_nodes, join_ray, select_nodes
from app.bench.cluster.dispatch import run_on_nodes
from app.bench.cluster.orders import Job, Order, Report
from app.bench.cluster.stores import clear_leftovers, fetch_run
from app.config import RAY, Benchmark, Execution
from app.errors import BenchmarkError, ClusterError, UsageError
from app.hosting import carry_out_order
from app.lab.checkpoints import fingerprint_checkpoint
from app.layout import PROJECT

if TYPE_CHECKING:
    from app.bench.notebooks import Watch
    from app.bench.plan import Run
    from app.bench.source import Source
    from app.preparation import Work
    from app.results import RunResult

__all__ = ["Cluster", "join_cluster"]

_CLOSE_SECONDS = 60  # for the last pages to be made
_LOOK_SECONDS = 2  # between two looks at which nodes there are
_ALONE_SECONDS = 60  # without any node that takes part


@dataclass(eq=False)
class Cluster:
    """Nodes that have passed every check, each with a host, and runs as tasks for them.

    Args:
        ray: the module, joined.
        execution: what the runs ask for.
        admission: who may take part.
        say: tells a person of nodes that come and go.
    """

    ray: Any
    execution: Execution
    admission: Admission
    say: Callable[[str], None]
    _members: dict[str, Member] = field(default_factory=dict)  # by Ray's id of the node
    _refused: set[str] = field(default_factory=set)
    _alive: frozenset[str] = frozenset()
    _task: Any = None
    _options: dict[str, Any] = field(default_factory=dict)
    _hosts: Any = None
    _closed: threading.Event = field(default_factory=threading.Event)
    _lonely_since: float | None = None

    def open(self) -> None:
        """Check every node that could hold a run.

        Raises:
            ClusterError: with a line for each thing that is wrong with any of them.
        """
        nodes = self._find_nodes()
        if not nodes:
            raise ClusterError(self._no_room())
        members, problems = self.admission.admit(nodes)
        if problems:
            raise ClusterError("\n".join(problems))
        self._task = self.ray.remote(carry_out_order)
        self._take_in(members)
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
        runs_folder: Path,
        watch: Watch,
        on_start: Callable[[Run], None],
        on_tick: Callable[[Sequence[Run]], None],
        on_report: Callable[[Report], None] = lambda _: None,
    ) -> Generator[tuple[Run, RunResult]]:
        """Yield each run that `source` gives with its record, as it ends and its folder lies here.

        The arguments are those of `run_on_nodes`; `template` is the notebook of the runs, and their folders lie in
        `runs_folder`.
        """
        clear_leftovers(runs_folder)
        plan = benchmark.execution
        job = Job(
            template=str(template.relative_to(PROJECT) if template.is_relative_to(PROJECT) else template),
            timeout_seconds=plan.timeout_seconds,
            memory_bytes=plan.memory_bytes,
            retries=plan.retries,
            checkpoint=plan.checkpoint,
            kernel=plan.kernel,
            tracked=benchmark.tracking.mode != "disabled",
            slices=benchmark.dataset.slices,
            cpus=plan.resources.cpus,
        )

        def submit(run: Run, left: float, attempts_before: int) -> Any:
            order = Order.of(run, job, expects_more=left >= self._slots, attempts_before=attempts_before)
            # not by its run: Ray's own figures keep 2 kB of each name that a task ever had, in this process
            name = run.architecture.name
            task = self._task.options(max_retries=plan.retries, name=name, **self._options)
            return task.remote(order.model_dump_json(), self._hosts)

        yield from run_on_nodes(
            source,
            ray=self.ray,
            submit=submit,
            fetch=self._fetch,
            room=lambda: self._count_room(plan.workers),
            attempts=plan.retries + 1,
            watch=watch,
            on_start=on_start,
            on_tick=on_tick,
            on_report=on_report,
        )

    def _take_in(self, members: Sequence[Member]) -> None:
        """Let the tasks to come know who takes part."""
        self._members |= {member.node.id: member for member in members}
        slots: dict[str, int] = {}
        for member in self._members.values():
            slots[member.machine] = slots.get(member.machine, 0) + member.node.slots
        hosts = {key: (member.host, slots[member.machine] == 1) for key, member in self._members.items()}
        self._hosts = self.ray.put(hosts)
        self._options = {
            "num_cpus": self.execution.resources.cpus,
            "num_gpus": self.execution.resources.gpus,
            "label_selector": select_nodes(list(hosts)),
            "retry_exceptions": [self.ray.exceptions.RayActorError],
        }
        self._alive = frozenset(self._members)

    @property
    def _slots(self) -> int:
        """How many runs the nodes that are alive have room for."""
        return sum(member.node.slots for key, member in self._members.items() if key in self._alive)

    def _count_room(self, workers: int | None) -> int:
        """So many tasks at a time; without `workers` twice as many as there is room for: no slot waits for us."""
        if self._slots:
            self._lonely_since = None
        else:
            self._lonely_since = self._lonely_since or time.monotonic()
            if time.monotonic() - self._lonely_since > _ALONE_SECONDS:
                raise BenchmarkError("the cluster has no node left that takes part; what was finished is kept")
        return workers or 2 * self._slots

    def _fetch(self, run: Run, report: Report) -> None:
        """Bring a run's folder here from its node."""
        host = self._members[report.node].host
        sent = self.ray.get(host.pack.remote(run.run_id))

        def read(place: str, start: int) -> bytes:
            return bytes(self.ray.get(host.read.remote(place, start)))

        fetch_run(run.folder, sent, read, workplace=Path())
        host.drop.remote(sent[0])

    def _look_around(self) -> None:
        """Who has gone, and who has come: a node that joins is checked as the first ones were, and takes part."""
        while not self._closed.wait(_LOOK_SECONDS):
            with contextlib.suppress(self.ray.exceptions.RayError, ConnectionError):
                nodes = {node.id: node for node in self._find_nodes()}
                for key in self._alive - set(nodes):
                    address = self._members[key].node.address
                    self.say(f"node {address} is lost; Ray tries its runs again where there is room")
                self._alive = frozenset(set(nodes) & set(self._members))
                for key in set(nodes) - set(self._members) - self._refused:
                    self._consider(nodes[key])

    def _consider(self, node: Node) -> None:
        members, problems = self.admission.admit([node])
        if problems:
            self._refused.add(node.id)
            self.say("\n".join([*problems, f"node {node.address} takes no part"]))
        elif not self._closed.is_set():
            self._take_in(members)
            self.say(f"node {node.address} takes part")

    def _find_nodes(self) -> list[Node]:
        return find_nodes(self.ray, self.execution.resources)

    def _no_room(self) -> str:
        asked = self.execution.resources
        has = [(node["NodeManagerAddress"], node["Resources"]) for node in self.ray.nodes() if node["Alive"]]
        found = [f"{address} has {its.get('CPU', 0):g} and {its.get('GPU', 0):g}" for address, its in has]
        wanted = f"{asked.cpus} CPUs and {asked.gpus:g} GPUs"
        return f"execution.resources: no node has {wanted} ({'; '.join(found)}); ask for less, or start larger nodes"


@contextlib.contextmanager
def join_cluster(works: Sequence[Work], say: Callable[[str], None]) -> Iterator[Cluster | None]:
    """A cluster for what is missing of `works`; None where nothing is, or it is for this machine.

    Nothing has been run or written yet when it yields, and every node has been checked.

    Raises:
        ClusterError: Ray is missing, nobody answers, or a node would compute something else.
    """
    missing = [work for work in works if len(work.done) < len(work.runs)]
    benchmarks = [work.benchmark for work in missing if work.benchmark.execution.executor == RAY]
    if not benchmarks:
        yield None
        return
    execution = benchmarks[0].execution
    for other in benchmarks:
        asked = other.execution
        if (asked.address, asked.resources, asked.store) != (execution.address, execution.resources, execution.store):
            keys = "execution.address, .resources and .store"
            raise UsageError(f"{other.name}: {keys} differ from those of {benchmarks[0].name}; give all the same")
    fingerprints = [
        {"data": work.dataset.fingerprint, **_fingerprints(work.benchmark)}
        for work in missing
        if work.benchmark in benchmarks
    ]
    with join_ray(execution) as ray:
        cluster = Cluster(ray, execution, Admission(ray, benchmarks, fingerprints), say)
        gently = False
        try:
            cluster.open()
            yield cluster
            gently = True
        finally:
            cluster.close(gently=gently)


def _fingerprints(benchmark: Benchmark) -> dict[str, str]:
    names = [item.checkpoint for item in benchmark.architectures if item.checkpoint]
    return {name: fingerprint_checkpoint(name) for name in names}
