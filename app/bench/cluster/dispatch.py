"""The runs of a plan handed to Ray as tasks, and each one's record as it comes back."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from app.bench.cluster.orders import Report
from app.bench.notebooks import Watch
from app.bench.plan import Run
from app.bench.source import Source
from app.results import RunFailure, RunResult, Status, write_result

__all__ = ["run_on_nodes"]

_TICK_SECONDS = 0.25
_FETCHES = 4  # runs that are fetched from their nodes at a time


def run_on_nodes(
    source: Source,
    *,
    ray: Any,
    submit: Callable[[Run, float, int], Any],
    fetch: Callable[[Run, Report], None],
    room: Callable[[], int],
    attempts: int,
    watch: Watch,
    on_start: Callable[[Run], None],
    on_tick: Callable[[Sequence[Run]], None],
    on_report: Callable[[Report], None],
) -> Generator[tuple[Run, RunResult]]:
    """Yield each run with its record as it ends, when its folder lies here.

    Args:
        source: gives the runs that are to be made.
        ray: the module.
        submit: makes a run a task of Ray and returns its reference; told how many are to follow, at most, and how
            many attempts have been made that came to nothing.
        fetch: brings a run's folder here from its node; raises what Ray or the disk say.
        room: how many tasks there may be at a time, those that Ray has not begun yet among them.
        attempts: how often a run may be begun that a node takes with it.
        watch: stopped when the caller is interrupted or closes the iterator.
        on_start: told of each run as it becomes a task.
        on_tick: told of the runs under way, a few times a second.
        on_report: told of each run as its task ends.
    """
    tasks: dict[Any, tuple[Run, datetime]] = {}
    fetches: dict[Future[None], tuple[Run, RunResult]] = {}
    with ThreadPoolExecutor(_FETCHES, thread_name_prefix="fetch") as pool:
        try:
            while source.left or tasks or fetches:
                while source.left and len(tasks) < room():
                    run = source.take()
                    if run is None:
                        break
                    tasks[submit(run, source.left, 0)] = (run, datetime.now(UTC))
                    on_start(run)
                ended = _wait(ray, tasks, has_fetches=bool(fetches))
                on_tick([run for run, _ in tasks.values()])
                for task in ended:
                    run, started = tasks.pop(task)
                    report = _read(ray, task, run, attempts, started)
                    on_report(report)
                    if report.result is None:
                        continue
                    if report.is_here:
                        yield run, report.result
                    else:
                        fetches[pool.submit(fetch, run, report)] = (run, report.result)
                for future in [future for future in fetches if future.done()]:
                    run, result = fetches.pop(future)
                    if future.exception() is not None and result.attempts < attempts:  # gone with its node
                        tasks[submit(run, source.left, result.attempts)] = (run, result.started)
                    else:
                        yield run, _arrived(future, run, result)
        finally:
            watch.stop()


def _wait(ray: Any, tasks: dict[Any, tuple[Run, datetime]], *, has_fetches: bool) -> list[Any]:
    seconds = _TICK_SECONDS / 10 if has_fetches else _TICK_SECONDS
    if not tasks:
        time.sleep(seconds)
        return []
    ended, _ = ray.wait(list(tasks), num_returns=len(tasks), timeout=0)
    if not ended:
        ended, _ = ray.wait(list(tasks), num_returns=1, timeout=seconds)
    return list(ended)


def _read(ray: Any, task: Any, run: Run, attempts: int, started: datetime) -> Report:
    """How the task ended; one that Ray has given up becomes a record that says so, here and on disk."""
    try:
        return Report.model_validate_json(ray.get(task))
    except ray.exceptions.RayTaskError as error:
        cause = error.cause
        lost = isinstance(cause, ray.exceptions.RayActorError)
        failure = _lost(cause) if lost else RunFailure(kind=type(cause).__name__, message=_first_line(cause))
        status = Status.KILLED if lost else Status.FAILED
    except ray.exceptions.RayError as error:  # the task's own process, or its node
        failure, status = _lost(error), Status.KILLED
    return _give_up(run, status, failure, attempts, started)


def _lost(error: BaseException) -> RunFailure:
    message = f"the node was lost, or the process on it that held the run ({type(error).__name__})"
    return RunFailure(kind="NodeLost", message=message)


def _arrived(future: Future[None], run: Run, result: RunResult) -> RunResult:
    """The record of a run whose folder should be here now; another one if it did not arrive."""
    error = future.exception()
    if error is None:
        return result
    failure = RunFailure(kind="NotFetched", message=f"its folder did not arrive from its node: {_first_line(error)}")
    report = _give_up(run, Status.KILLED, failure, result.attempts, result.started)
    assert report.result is not None
    return report.result


def _give_up(run: Run, status: Status, failure: RunFailure, attempts: int, started: datetime) -> Report:
    result = RunResult(
        run_id=run.run_id,
        benchmark=str(run.parameters["benchmark"]),
        status=status,
        error=failure,
        architecture=run.architecture.name,
        family=run.architecture.family or "",
        checkpoint=run.architecture.checkpoint,
        seed=run.seed,
        hyperparameters=dict(run.hyperparameters),
        attempts=attempts,
        started=started,
        finished=datetime.now(UTC),
    )
    with contextlib.suppress(OSError):
        write_result(result, run.folder.result)
    return Report(result=result, node="", busy_seconds=0, is_here=True)


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
