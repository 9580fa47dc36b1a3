"""What the runs on one node share, and how each is carried out there: the local executor without a plan of its own."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from app.bench.cluster.orders import Caller, Job, Order, Report, Workspace
from app.bench.cluster.parcels import Parcel, pack_files
from app.bench.cluster.stores import KERNELS
from app.bench.execute import execute_run
from app.bench.kernels import open_parent
from app.bench.machine import Machine
from app.bench.notebooks import Watch
from app.bench.places import Place
from app.bench.plan import Run
from app.bench.wandb_service import share_service
from app.bench.warden import open_warden
from app.bench.warm import WarmParent
from app.layout import (
    ATTEMPT_VARIABLE,
    CHECKPOINT_VARIABLE,
    EXCLUSIVE_VARIABLE,
    SLICES_VARIABLE,
    BenchmarkFolder,
    RunFolder,
)
from app.results import RunFailure, RunResult, write_result

__all__ = ["Host"]

_LOOK_SECONDS = 0.5  # between two looks whether the tasks whose runs these are still live


@dataclass(eq=False)
class _UnderWay:
    """A run that is being carried out, and for whom."""

    process: psutil.Process | None  # None: it has died already
    watch: Watch

    @property
    def is_wanted(self) -> bool:
        return self.process is not None and self.process.is_running()


@dataclass(eq=False)
class _Left:
    """What a run has left on a node that nobody else sees."""

    run: Run
    result: RunResult
    page: Future[None]


@dataclass(eq=False)
class Host:
    """Carries out runs, any number at a time: how many there may be is for Ray to say. Used from many threads.

    Args:
        workspace: where they work. The process has been put there.
        node: Ray's id of it.
        cores: that Ray has on this node, for what is measured alone.
        render: makes the page of a run.
    """

    workspace: Workspace
    node: str
    cores: int
    render: Callable[[RunFolder, str], None]
    _opened: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)
    _machine: Machine | None = None
    _parents: dict[tuple[str, bool], WarmParent | None] = field(default_factory=dict)
    _service: Callable[[], Mapping[str, str]] | None = None
    _free: dict[str, list[Place]] = field(default_factory=dict)  # by what their kernels are told
    _under_way: dict[str, _UnderWay] = field(default_factory=dict)
    _sent: set[Path] = field(default_factory=set)
    _left: dict[str, _Left] = field(default_factory=dict)
    _logs: set[Path] = field(default_factory=set)  # folders of the logs of kernels that are started ahead
    _watch: Watch = field(default_factory=lambda: Watch(float("inf")))
    _lock: threading.Condition = field(default_factory=threading.Condition)
    _pages: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="page"))
    _closed: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        threading.Thread(target=self._look_after_callers, name="callers", daemon=True).start()

    def execute(self, order: Order, caller: Caller) -> Report:
        """Carry out one run for `caller`, and give it up when that has died: then Ray has it done elsewhere."""
        began = time.monotonic()
        run, job = order.run, order.job
        with self._watching(run, job, caller) as watch, self._place(order, caller) as place:
            place.expects_more = order.expects_more
            lost = 0

            def note_loss(run: Run, failure: RunFailure) -> None:  # noqa: ARG001
                nonlocal lost
                lost += 1

            result = execute_run(
                run,
                template=job.template_path,
                place=place,
                machine=self._open_machine(),
                watch=watch,
                retries=job.retries,
                on_retry=note_loss,
            )
        if result is not None:
            result = _count_attempts(result, order.attempts_before + caller.attempt + lost + 1, run.folder.result)
            page = self._pages.submit(self._render, run)
            if not self.workspace.is_shared:
                self._left[run.run_id] = _Left(run, result, page)
        return Report(
            result=result,
            node=self.node,
            busy_seconds=time.monotonic() - began,
            is_here=self.workspace.is_shared,
        )

    def pack(self, run_id: str) -> Parcel:
        """What the run has left here, with its page, as one file; nothing of it stays beside that."""
        left = self._left.pop(run_id)
        with contextlib.suppress(Exception):
            left.page.result()
        folder = left.run.folder
        benchmark = BenchmarkFolder(folder.path.parent.parent)
        paths = [folder.path]
        if benchmark.examples not in self._sent and benchmark.examples.exists():  # alike for all runs: once will do
            self._sent.add(benchmark.examples)
            paths.append(benchmark.examples)
        if left.result.wandb is not None and left.result.wandb.mode == "offline":
            paths.append(Path(left.result.wandb.path))
        with self._open_machine().work():
            parcel = Path(".parcels") / f"{run_id}.tar"
            packed = pack_files([path for path in paths if path.exists()], parcel, root=Path())
        shutil.rmtree(folder.path, ignore_errors=True)
        return packed

    def close(self) -> None:
        """Pages that are under way are made, then nothing is left: no kernel, no process."""
        self._watch.stop()
        with self._lock:
            for one in self._under_way.values():
                one.watch.stop()
        self._pages.shutdown()
        self._closed.set()
        with self._lock:
            for place in [place for places in self._free.values() for place in places]:
                place.close()
        for logs in self._logs:
            shutil.rmtree(logs, ignore_errors=True)
        self._opened.close()

    def _render(self, run: Run) -> None:
        with self._open_machine().work():
            self.render(run.folder, run.run_id)

    @contextlib.contextmanager
    def _watching(self, run: Run, job: Job, caller: Caller) -> Iterator[Watch]:
        """The way to stop the run. An attempt at it whose caller has died is ended first."""
        process = None
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(caller.pid)
        one = _UnderWay(process, Watch(job.timeout_seconds, job.memory_bytes))
        with self._lock:
            self._lock.wait_for(lambda: run.run_id not in self._under_way)
            self._under_way[run.run_id] = one
        try:
            yield one.watch
        finally:
            with self._lock:
                del self._under_way[run.run_id]
                self._lock.notify_all()

    def _look_after_callers(self) -> None:
        while not self._closed.wait(_LOOK_SECONDS):
            with self._lock:
                under_way = list(self._under_way.values())
            for one in under_way:
                if not one.is_wanted:
                    one.watch.stop()

    @contextlib.contextmanager
    def _place(self, order: Order, caller: Caller) -> Iterator[Place]:
        """A place whose kernels have what Ray gave the caller; the next one of the like finds a spare kernel there."""
        job = order.job
        told = {
            **caller.share(job.cpus, self.cores),
            EXCLUSIVE_VARIABLE: str(int(caller.is_alone)),
            ATTEMPT_VARIABLE: "1",
            **({SLICES_VARIABLE: json.dumps(list(job.slices))} if job.slices else {}),
            **({CHECKPOINT_VARIABLE: str(job.checkpoint)} if job.checkpoint else {}),
        }
        logs = Path(order.folder).parent / f"{KERNELS}{self.node[:12]}-{os.getpid()}"  # others may share it
        key = json.dumps([told, job.kernel, job.tracked, str(logs)], sort_keys=True)
        with self._lock:
            free = self._free.setdefault(key, [])
            place = free.pop() if free else self._open_place(job, told, logs)
        try:
            yield place
        finally:
            with self._lock:
                free.append(place)

    def _open_place(self, job: Job, told: Mapping[str, str], logs: Path) -> Place:
        if logs not in self._logs:
            with contextlib.suppress(OSError):  # then no kernel is started ahead
                logs.mkdir(parents=True)
            self._logs.add(logs)
        machine, service = self._open_machine(), self._open_service() if job.tracked else dict
        return Place(
            machine=machine,
            parent=self._open_parent(job.kernel, job.tracked),
            watch=self._watch,
            logs=logs,
            environment=lambda: {**service(), **machine.environment(), **told},
        )

    def _open_machine(self) -> Machine:
        with self._lock:
            if self._machine is None:
                self._opened.enter_context(open_warden())
                self._machine = self._opened.enter_context(Machine())
            return self._machine

    def _open_parent(self, kind: str, tracked: bool) -> WarmParent | None:
        if (kind, tracked) not in self._parents:
            self._parents[kind, tracked] = self._opened.enter_context(open_parent(kind, tracked=tracked))
        return self._parents[kind, tracked]

    def _open_service(self) -> Callable[[], Mapping[str, str]]:
        if self._service is None:
            self._service = self._opened.enter_context(share_service(wanted=True))
        return self._service


def _count_attempts(result: RunResult, attempts: int, path: Path) -> RunResult:
    """The record with how often the run was begun, on whichever node, and so on disk too."""
    if result.attempts == attempts:
        return result
    counted = result.model_copy(update={"attempts": attempts})
    with contextlib.suppress(OSError):
        write_result(counted, path)
    return counted
