"""A search carried out on this machine: made ready, its trials run as the study asks for them, and reported."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from app.bench.plan import Run
from app.errors import UsageError
from app.preparation import Checked, check_benchmarks
from app.results import RunResult

if TYPE_CHECKING:
    from app.bench.warm import WarmParent
    from app.config import Benchmark
    from app.layout import BenchmarkFolder
    from app.search.study import Study
    from app.search.sweep import Sweep
    from app.trials import SearchRecord

__all__ = ["check_study", "describe_search", "prepare_search", "preview_search", "run_search"]

PREVIEWED = 10  # trials that a dry run shows where they are drawn: as many as bayes draws before it knows anything


def prepare_search(sweep: Sweep, folder: BenchmarkFolder, *, dry_run: bool) -> Checked:
    """The benchmark of a search with every check passed that a benchmark has to pass.

    Raises:
        UsageError: with a line for each problem.
    """
    if sweep.benchmark.execution.executor != "local":
        raise UsageError("execution.executor: a search is carried out on this machine; set it to local")
    (checked,) = check_benchmarks([(sweep.benchmark, folder)], dry_run=dry_run)
    return checked


def check_study(sweep: Sweep, checked: Checked, *, storage: str | None) -> int:
    """How many trials there are already; nothing is written.

    Raises:
        UsageError: the study there is of another search, or cannot be read.
    """
    from app.search.storage import count_trials

    return count_trials(checked.folder, storage=storage, about=_about(sweep, checked))


def preview_search(
    sweep: Sweep, checked: Checked, *, storage: str | None, count: float
) -> tuple[list[Run], dict[str, RunResult]]:
    """The first of the runs that would be tried next, a grid's all, and the records of those that are done already.

    Raises:
        UsageError: the study there is of another search, or cannot be read.
    """
    from app.bench.resume import find_done
    from app.search.draws import preview_trials

    known = check_study(sweep, checked, storage=storage)
    limit = (sweep.run_cap or math.inf) - known
    shown = sweep.grid_size if sweep.method == "grid" else PREVIEWED
    trials = preview_trials(sweep, int(max(0, min(shown, limit, count))), known)
    runs = [_plan(sweep, checked, values) for values in trials]
    return runs, find_done(runs)


def run_search(
    sweep: Sweep,
    checked: Checked,
    lend: Callable[[Benchmark], WarmParent | None],
    *,
    storage: str | None,
    count: float,
) -> tuple[SearchRecord, list[RunResult]]:
    """Try what the study asks for until nothing is left, and report; the record, and this process's results.

    Args:
        sweep: what is searched.
        checked: its benchmark.
        lend: gives the parent of warm kernels.
        storage: the URL of a database; None: SQLite in the benchmark's folder.
        count: trials that this process may begin.

    Raises:
        UsageError: the study there is of another search.
        OutputError: it cannot be read, or nothing can be written.
    """
    from app.bench.lock import RunLocks, hold_record, take_turns
    from app.bench.notebooks import Watch
    from app.bench.record import write_record
    from app.report.page.seal import is_current
    from app.running import carry_out, report_benchmark
    from app.search.search import Search
    from app.search.storage import open_study
    from app.trials import write_search

    benchmark, folder = checked.benchmark, checked.folder
    watch = Watch(benchmark.execution.timeout_seconds, benchmark.execution.memory_bytes)
    results: list[RunResult] = []
    with (
        open_study(sweep, folder, storage=storage, about=_about(sweep, checked)) as study,
        contextlib.closing(RunLocks(folder)) as locks,
    ):

        def note(run: Run | None) -> None:
            with hold_record(folder):
                if run is not None:
                    write_record(folder, benchmark, checked.dataset, [run], keep=True)
                write_search(describe_search(sweep, study), folder.search)

        with hold_record(folder):
            write_record(folder, benchmark, checked.dataset, [], keep=True)
        search = Search(
            study,
            sweep,
            locks,
            plan=lambda values: _plan(sweep, checked, values),
            stop_run=watch.stop_run,
            on_change=note,
            count=count,
        )
        parent = lend(benchmark) if search.left else None
        try:
            if search.left:
                outcomes = carry_out(
                    benchmark,
                    search,
                    runs_folder=folder.runs,
                    parent=parent,
                    watch=watch,
                    total=int(search.left),
                    done=[],
                    seconds_left=None,
                    on_tick=search.tick,
                )
                with contextlib.closing(outcomes):
                    for run, result in outcomes:
                        search.end(run, result)
                        results.append(result)
        finally:
            search.give_back()
            note(None)
        record = describe_search(sweep, study)
    with take_turns(folder.drivers / ".reporting"):
        if results or not is_current(folder):
            report_benchmark(folder, parent or lend(benchmark))
    return record, results


def describe_search(sweep: Sweep, study: Study) -> SearchRecord:
    """The record of a search as it stands."""
    from app.search.draws import describe_sampler
    from app.trials import SearchRecord

    rule = sweep.early_terminate
    epochs = max(sweep.benchmark.hyperparameters.epochs)  # no trial comes to a band beyond
    return SearchRecord(
        name=sweep.name,
        description=sweep.description,
        method=sweep.method,
        sampler=describe_sampler(sweep.method),
        metric=sweep.metric_name,
        goal=sweep.goal,
        target=sweep.metric.target if sweep.metric else None,
        bands=tuple(band for band in rule.bands if band <= epochs) if rule else (),
        eta=rule.eta if rule else None,
        run_cap=sweep.run_cap,
        grid_size=sweep.grid_size if sweep.method == "grid" else None,
        space=sweep.describe_space(),
        trials=study.records(),
    )


def _plan(sweep: Sweep, checked: Checked, values: Mapping[str, Any]) -> Run:
    (run,) = checked.plan(sweep.benchmark_at(values))
    return run


def _about(sweep: Sweep, checked: Checked) -> dict[str, Any]:
    """What trials have to have in common to be compared, by part."""
    benchmark = checked.benchmark
    searched = {name.split(".")[0] for name in sweep.axes}
    fixed = benchmark.hyperparameters.model_dump(mode="json", exclude=searched)
    return {
        "method": sweep.method,
        "metric": [sweep.metric_name, sweep.goal],
        "parameters": {name: axis.model_dump(mode="json") for name, axis in sweep.axes.items()},
        "benchmark": {
            "task": benchmark.task.model_dump(mode="json"),
            "data": checked.dataset.fingerprint,
            "max_length": benchmark.dataset.max_length,
            "hyperparameters": fixed,
        },
    }
