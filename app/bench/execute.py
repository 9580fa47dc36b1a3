"""One run carried out: its notebook executed, tried again if the kernel was lost, and its record read from disk."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from app.bench.machine import Machine
from app.bench.notebooks import Outcome, Watch, execute_notebook
from app.bench.places import Place
from app.bench.plan import Run
from app.layout import ATTEMPT_VARIABLE
from app.results import STOPPED, RunFailure, RunResult, Status, read_result, write_result

__all__ = ["execute_run", "record_stopped"]


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
        retries: how often to try again when the kernel was lost. An exception would only repeat itself.
        on_retry: told of each further attempt.
    """
    started = datetime.now(UTC)
    attempt, outcome = 0, Outcome(Status.KILLED)
    while attempt <= retries:
        attempt += 1
        tells = {ATTEMPT_VARIABLE: str(attempt)} if attempt > 1 else {}
        try:
            _clear(run)
            with place.kernel(run.folder.log, tells) as kernel:
                outcome = execute_notebook(
                    template,
                    run.folder.notebook,
                    run.parameters,
                    kernel=kernel,
                    watch=watch,
                    machine=machine,
                    when_measured=place.prepare,
                )
        except OSError as error:  # the disk, not the notebook: the other runs may fare better
            outcome = Outcome(Status.FAILED, RunFailure(kind=type(error).__name__, message=str(error)))
        if watch.stopped and outcome.status is not Status.OK:
            return None
        if outcome.status is Status.OK:
            result = read_result(run.folder.result)
            if result is not None:
                return result
            failure = RunFailure(kind="NoResult", message="the notebook ended without writing a whole result.json")
            outcome = Outcome(Status.FAILED, failure)
        if outcome.status is not Status.KILLED or attempt > retries or watch.reason(run.run_id) is not None:
            break
        on_retry(run, _error_of(outcome))
    result = _failure_record(run, outcome, attempt, started)
    with contextlib.suppress(OSError):
        if outcome.traceback:
            with run.folder.log.open("a", encoding="utf-8") as log:
                log.write(outcome.traceback + os.linesep)
        write_result(result, run.folder.result)
    return result


def record_stopped(run: Run, reason: str, started: datetime) -> RunResult:
    """Leave the record of a run whose driver was told to stop it; how far it came is added to the reason."""
    with contextlib.suppress(OSError, ValueError, LookupError):
        epoch = float(run.folder.history.read_text(encoding="utf-8").splitlines()[-1].split(",")[1])
        reason = f"{reason}, at epoch {epoch:.3g} of {run.hyperparameters['epochs']}"
    outcome = Outcome(Status.KILLED, RunFailure(kind=STOPPED, message=reason))
    result = _failure_record(run, outcome, 1, started)
    with contextlib.suppress(OSError):
        write_result(result, run.folder.result)
    return result


def _clear(run: Run) -> None:
    """Nothing of an earlier attempt may pass for this one's, least of all its result."""
    with contextlib.suppress(NotADirectoryError):
        run.folder.result.unlink(missing_ok=True)
    shutil.rmtree(run.folder.path, ignore_errors=True)
    run.folder.path.mkdir(parents=True)


def _failure_record(run: Run, outcome: Outcome, attempts: int, started: datetime) -> RunResult:
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
        attempts=attempts,
        started=started,
        finished=datetime.now(UTC),
    )


def _error_of(outcome: Outcome) -> RunFailure:
    return outcome.error or RunFailure(kind="Unknown", message="no cause is known")
