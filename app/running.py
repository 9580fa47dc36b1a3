"""What is missing of a benchmark, carried out on this machine, each run with its page, and reported."""

from __future__ import annotations

import contextlib
import functools
import shutil
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from app.config import RAY
from app.errors import DataError, StorageError
from app.preparation import Work

if TYPE_CHECKING:
    from app.bench.notebooks import Watch
    from app.bench.places import Place
    from app.bench.plan import Run
    from app.bench.source import Source
    from app.bench.warm import WarmParent
    from app.clustering import Cluster
    from app.config import Benchmark
    from app.layout import BenchmarkFolder, SuiteFolder
    from app.results import RunResult

__all__ = [
    "carry_out",
    "compare_benchmarks",
    "join_cluster",
    "lend_parents",
    "make_again",
    "report_benchmark",
    "report_suite",
    "run_missing",
    "run_trial",
]


@contextlib.contextmanager
def lend_parents() -> Iterator[Callable[[Benchmark], WarmParent | None]]:
    """Gives a benchmark the parent of its warm kernels. It is begun when first asked for, and serves all alike."""
    from app.bench.kernels import open_parent
    from app.bench.warden import open_warden

    with contextlib.ExitStack() as opened:

        @functools.cache
        def set_warden() -> None:
            opened.enter_context(open_warden())

        @functools.cache
        def begin(kind: str, tracked: bool) -> WarmParent | None:
            set_warden()
            return opened.enter_context(open_parent(kind, tracked=tracked))

        yield lambda benchmark: begin(benchmark.execution.kernel, benchmark.tracking.mode != "disabled")


@contextlib.contextmanager
def join_cluster(works: Sequence[Work]) -> Iterator[Cluster | None]:
    """The Ray cluster for what is missing of `works`, its nodes checked; None where all that is for this machine.

    Raises:
        ClusterError: it cannot be used.
    """
    if not any(work.benchmark.execution.executor == RAY and len(work.done) < len(work.runs) for work in works):
        yield None
        return
    from app.clustering import join_cluster
    from app.terminal import console

    with join_cluster(works, lambda words: console().print(words, style="yellow", markup=False)) as cluster:
        yield cluster


def run_missing(
    work: Work, lend: Callable[[Benchmark], WarmParent | None], cluster: Cluster | None = None
) -> dict[str, RunResult]:
    """Run what is not done, on `cluster` if that is its executor, and report unless the report is of what is there.

    Returns:
        The records by run id.
    """
    from app.report.page.seal import is_current

    results = dict(work.done)
    _forget_checkpoints(work)
    if len(work.done) < len(work.runs) or not is_current(work.folder):
        parent = lend(work.benchmark)
        results |= _carry_out(work.benchmark, work.runs, work.done, parent, cluster)
        try:
            report_benchmark(work.folder, parent)
        except (OSError, DataError) as error:  # it could be written when all this began
            reason = error.strerror if isinstance(error, OSError) else error
            remedy = "what the runs have left is kept, and the same command carries on"
            raise StorageError(f"{work.folder.page}: cannot be written ({reason}); {remedy}") from None
    return results


def run_trial(work: Work, lend: Callable[[Benchmark], WarmParent | None]) -> RunResult:
    """Carry out the one run of a plan for a W&B agent, which has begun a W&B run for it; no report is made.

    A run that is done already, or that another agent is at, is not done twice: its figures go to this W&B run too.
    """
    from app.agent import StoppedBySweep
    from app.bench.execute import record_stopped
    from app.bench.lock import hold_run
    from app.bench.resume import find_done
    from app.clock import begin_moment
    from app.lab.replay import replay_run

    (run,) = work.runs
    with hold_run(work.folder, run.run_id):
        done = {} if work.force else find_done(work.runs)
        if done:
            replay_run(done[run.run_id], run.parameters)
            return done[run.run_id]
        _forget_checkpoints(work)
        began = begin_moment()
        try:
            return _carry_out(work.benchmark, work.runs, {}, lend(work.benchmark))[run.run_id]
        except StoppedBySweep:
            return record_stopped(run, "stopped by its sweep", began)


def make_again(work: Work, lend: Callable[[Benchmark], WarmParent | None]) -> RunResult:
    """Carry out the one run of a plan, whether or not it is done; no report is made."""
    (run,) = work.runs
    _forget_checkpoints(work)
    return _carry_out(work.benchmark, work.runs, {}, lend(work.benchmark))[run.run_id]


def _forget_checkpoints(work: Work) -> None:
    """What is forced is made from its beginning."""
    for run in work.runs if work.force else ():
        shutil.rmtree(run.folder.checkpoint, ignore_errors=True)


def report_benchmark(folder: BenchmarkFolder, parent: WarmParent | None) -> Path:
    """The report is a notebook too, executed as the runs' are; before it, pages of runs that have none yet."""
    from app.bench.notebooks import execute_or_raise
    from app.report.page.pages import render_run
    from app.report.write import write_report

    for notebook in folder.runs.glob("*/notebook.ipynb"):
        run = folder.run(notebook.parent.name)
        if not run.page.exists():
            render_run(run, notebook.parent.name)
    return write_report(folder, execute=functools.partial(execute_or_raise, parent=parent))


def report_suite(folder: SuiteFolder, parent: WarmParent | None) -> Path:
    """The page of a suite, made in the same way from the records of its members."""
    from app.bench.notebooks import execute_or_raise
    from app.report.write import write_suite_report

    return write_suite_report(folder, execute=functools.partial(execute_or_raise, parent=parent))


def compare_benchmarks(folder: BenchmarkFolder, against: Path, parent: WarmParent | None) -> Path:
    """What changed in `folder` since the benchmark in `against`, and the report anew; returns the page of changes."""
    from app.bench.notebooks import execute_or_raise
    from app.layout import BenchmarkFolder
    from app.report.write import write_comparison

    execute = functools.partial(execute_or_raise, parent=parent)
    page = write_comparison(folder, BenchmarkFolder(against), execute=execute)
    report_benchmark(folder, parent)
    return page


def _carry_out(
    benchmark: Benchmark,
    runs: Sequence[Run],
    done: Mapping[str, RunResult],
    parent: WarmParent | None,
    cluster: Cluster | None = None,
) -> dict[str, RunResult]:
    """Run what is not done yet, a page for each run as it ends; the records by run id."""
    from app.bench.notebooks import Watch
    from app.bench.resume import estimate_seconds
    from app.bench.source import PlannedRuns

    to_do = [run for run in runs if run.run_id not in done]
    if not to_do:
        return {}
    watch = Watch(benchmark.execution.timeout_seconds, benchmark.execution.memory_bytes)
    if cluster is not None and benchmark.execution.executor == RAY:
        outcomes = carry_out_on_cluster(
            benchmark,
            PlannedRuns(to_do),
            cluster,
            runs_folder=to_do[0].folder.path.parent,
            watch=watch,
            total=len(runs),
            done=len(done),
        )
        with contextlib.closing(outcomes):
            return {run.run_id: result for run, result in outcomes}
    outcomes = carry_out(
        benchmark,
        PlannedRuns(to_do),
        runs_folder=to_do[0].folder.path.parent,
        parent=parent,
        watch=watch,
        total=len(runs),
        done=list(done.values()),
        seconds_left=estimate_seconds(runs, done, benchmark.execution.workers or 1),
    )
    with contextlib.closing(outcomes):
        return {run.run_id: result for run, result in outcomes}


def carry_out(
    benchmark: Benchmark,
    source: Source,
    *,
    runs_folder: Path,
    parent: WarmParent | None,
    watch: Watch,
    total: int,
    done: Sequence[RunResult],
    seconds_left: float | None,
    on_tick: Callable[[Sequence[Run]], None] | None = None,
) -> Generator[tuple[Run, RunResult]]:
    """Yield each run that `source` gives with its record, as it ends and with its page under way.

    Args:
        benchmark: says how runs are carried out.
        source: the runs.
        runs_folder: where their folders are.
        parent: of their kernels, where these are warm.
        watch: the way to stop one of them, or all.
        total: how many there are with those that are done already.
        done: the records of those.
        seconds_left: as far as these tell.
        on_tick: told of the runs under way, a few times a second.
    """
    from app.bench.execute import execute_run
    from app.bench.local import open_places, run_locally
    from app.bench.machine import Machine
    from app.bench.progress import RunDisplay
    from app.bench.shares import has_memory
    from app.bench.wandb_service import share_service
    from app.layout import template_of
    from app.terminal import console

    plan, template = benchmark.execution, template_of(benchmark.task.kind)
    peaks = [result.cost.peak_memory_bytes for result in done if result.cost]
    with (
        share_service(wanted=benchmark.tracking.mode != "disabled") as service,
        Machine() as machine,
        open_places(
            plan.workers or 1,
            machine=machine,
            parent=parent,
            watch=watch,
            logs=runs_folder,
            service=service,
            slices=benchmark.dataset.slices,
            checkpoint=plan.checkpoint,
        ) as places,
        _open_pages() as pages,
        RunDisplay(console(), total=total, done=len(done), seconds_left=seconds_left) as display,
    ):

        def render(run: Run) -> None:
            from app.report.page.pages import render_run

            with machine.work():
                render_run(run.folder, run.run_id)

        def execute(run: Run, place: Place) -> RunResult | None:
            result = execute_run(
                run,
                template=template,
                place=place,
                machine=machine,
                watch=watch,
                retries=plan.retries,
                on_retry=display.retry,
            )
            pages.submit(render, run)
            return result

        def tick(runs: Sequence[Run]) -> None:
            display.tick(runs)
            if on_tick is not None:
                on_tick(runs)

        outcomes = run_locally(
            source,
            execute,
            places=places,
            watch=watch,
            has_room=lambda under_way: has_memory(under_way, peaks),
            on_start=display.start,
            on_tick=tick,
        )
        with contextlib.closing(outcomes):
            for run, result in outcomes:
                display.finish(run, result)
                peaks += [result.cost.peak_memory_bytes] if result.cost else []
                yield run, result


@contextlib.contextmanager
def _open_pages() -> Iterator[ThreadPoolExecutor]:
    """Who makes pages beside the runs. Those that wait when all is torn off are for the report to make."""
    with ThreadPoolExecutor(1, thread_name_prefix="page") as pool:
        try:
            yield pool
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def carry_out_on_cluster(
    benchmark: Benchmark,
    source: Source,
    cluster: Cluster,
    *,
    runs_folder: Path,
    watch: Watch,
    total: int,
    done: int,
) -> Generator[tuple[Run, RunResult]]:
    """The same on the nodes of a Ray cluster, whose hosts make the pages too."""
    from app.bench.progress import RunDisplay
    from app.layout import template_of
    from app.terminal import console

    with RunDisplay(console(), total=total, done=done, seconds_left=None) as display:
        outcomes = cluster.carry_out(
            benchmark,
            source,
            template=template_of(benchmark.task.kind),
            runs_folder=runs_folder,
            watch=watch,
            on_start=display.start,
            on_tick=display.tick,
        )
        with contextlib.closing(outcomes):
            for run, result in outcomes:
                display.finish(run, result)
                yield run, result
