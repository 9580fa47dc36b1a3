"""One run carried out: its notebook executed, tried again where that may help, and its record read from disk."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from app.bench.machine import Machine
from app.bench.notebooks import Outcome, Watch, execute_notebook
from app.bench.places import Place
from app.bench.plan import Run
from app.bench.retries import environment_of, may_pass
from app.clock import begin_moment, end_moment, forget_moment
from app.results import STOPPED, Attempt, RunFailure, RunResult, Status, read_result, write_result

__all__ = ["execute_run", "record_stopped"]

_RESERVE = 32 << 10  # bytes
_FULL = (errno.ENOSPC, errno.EDQUOT)


def execute_run(
    run: Run,
    *,
    template: Path,
    place: Place,
    machine: Machine,
    watch: Watch,
    retries: int,
    on_retry: Callable[[Run, RunFailure], None],
) -> RunResult | None:
    """Carry out one run and return its record, which is on disk by then: a failure has one too.

    None if the benchmark was interrupted: such a run has not ended, and nothing of it counts.

    Args:
        run: what to run.
        template: the notebook template.
        place: gives the kernel; its next one is started as soon as this run has done its measuring.
        machine: grants the run the machine when it measures.
        watch: its time limit, and the way to stop it.
        retries: how often to try again where that may help: `app.bench.retries` says when.
        on_retry: told of each further attempt.
    """
    started = begin_moment()
    earlier: list[Attempt] = []
    while True:
        began = time.monotonic()
        outcome = _attempt(run, template, place, machine, watch, environment_of(earlier))
        if watch.stopped and outcome.status is not Status.OK:
            forget_moment(started)
            _give_up_reserve(run)
            return None
        if outcome.status is Status.OK:
            result = read_result(run.folder.result)
            if result is not None:
                forget_moment(started)
                shutil.rmtree(run.folder.checkpoint, ignore_errors=True)
                _give_up_reserve(run)
                return result
            failure = RunFailure(kind="NoResult", message="the notebook ended without writing a whole result.json")
            outcome = Outcome(Status.FAILED, failure)
        failure = _error_of(outcome)
        if not may_pass(failure, earlier) or len(earlier) >= retries or watch.reason(run.run_id) is not None:
            break
        earlier.append(Attempt(kind=failure.kind, message=failure.message, seconds=time.monotonic() - began))
        on_retry(run, failure)
    if _error_of(outcome).kind == STOPPED:  # for good: nobody goes on from there
        shutil.rmtree(run.folder.checkpoint, ignore_errors=True)
    result = _failure_record(run, outcome, earlier, started)
    with contextlib.suppress(OSError):
        if outcome.traceback:
            with run.folder.log.open("a", encoding="utf-8") as log:
                log.write(outcome.traceback + os.linesep)
    return _leave_record(run, result)


def record_stopped(run: Run, reason: str, started: datetime) -> RunResult:
    """Leave the record of a run whose driver was told to stop it; how far it came is added to the reason."""
    with contextlib.suppress(OSError, ValueError, LookupError):
        epoch = float(run.folder.history.read_text(encoding="utf-8").splitlines()[-1].split(",")[1])
        reason = f"{reason}, at epoch {epoch:.3g} of {run.hyperparameters['epochs']}"
    outcome = Outcome(Status.KILLED, RunFailure(kind=STOPPED, message=reason))
    shutil.rmtree(run.folder.checkpoint, ignore_errors=True)
    result = _failure_record(run, outcome, (), started)
    return _leave_record(run, result)


def _attempt(
    run: Run, template: Path, place: Place, machine: Machine, watch: Watch, tells: Mapping[str, str]
) -> Outcome:
    try:
        _clear(run)
        with place.kernel(run.folder.log, tells) as kernel:
            return execute_notebook(
                template,
                run.folder.notebook,
                run.parameters,
                kernel=kernel,
                watch=watch,
                machine=machine,
                when_measured=place.prepare,
            )
    except OSError as error:  # the disk, not the notebook: the other runs may fare better
        return Outcome(Status.FAILED, RunFailure(kind=type(error).__name__, message=str(error)))


def _clear(run: Run) -> None:
    """Nothing of an earlier attempt may pass for this one's, least of all its result; but it may go on from there."""
    with contextlib.suppress(NotADirectoryError):
        run.folder.result.unlink(missing_ok=True)
    _remove_products(run)
    run.folder.path.mkdir(parents=True, exist_ok=True)
    run.folder.reserve.write_bytes(bytes(_RESERVE))  # room for the record of a failure, should the disk fill up


def _remove_products(run: Run, *, also_checkpoint: bool = False) -> None:
    with contextlib.suppress(OSError):
        for path in run.folder.path.iterdir():
            if path.is_dir() and not path.is_symlink():
                if path != run.folder.checkpoint or also_checkpoint:
                    shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


def _leave_record(run: Run, result: RunResult) -> RunResult:
    """Write the record of a run that has failed, and return it; one that cannot be written says so.

    On a full disk it gets the room that was kept for it, and where that is not enough, that of what the run has left.
    """
    _give_up_reserve(run)
    try:
        write_result(result, run.folder.result)
    except OSError as error:
        if error.errno in _FULL:
            _remove_products(run, also_checkpoint=True)
            with contextlib.suppress(OSError):
                write_result(result, run.folder.result)
                return result
        assert result.error is not None
        said = f"{result.error.message}; and there is no record of it ({error.strerror}), so that it will be run again"
        return result.model_copy(update={"error": result.error.model_copy(update={"message": said})})
    return result


def _give_up_reserve(run: Run) -> None:
    with contextlib.suppress(OSError):
        run.folder.reserve.unlink(missing_ok=True)


def _failure_record(run: Run, outcome: Outcome, earlier: Sequence[Attempt], started: datetime) -> RunResult:
    return RunResult(
        run_id=run.run_id,
        benchmark=str(run.parameters["benchmark"]),
        status=outcome.status,
        error=_error_of(outcome),
        architecture=run.architecture.name,
        family=run.architecture.family or "",
        checkpoint=run.architecture.checkpoint,
        seed=run.seed,
        hyperparameters=dict(run.hyperparameters),
        attempts=len(earlier) + 1,
        earlier_attempts=tuple(earlier),
        started=started,
        finished=end_moment(started),
    )


def _error_of(outcome: Outcome) -> RunFailure:
    return outcome.error or RunFailure(kind="Unknown", message="no cause is known")
