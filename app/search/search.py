"""The runs of a search, given as they are asked for: each is a trial, and what becomes of it decides what is next."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.bench.lock import RunLocks
from app.bench.plan import Run
from app.integrity import find_damage
from app.results import RunResult, Status, read_result
from app.search.metrics import final_value, logged_metrics, read_epoch, read_iterations
from app.search.study import Study, Trial
from app.search.sweep import Sweep

__all__ = ["Search"]


@dataclass(eq=False)
class _UnderWay:
    """A run that this process carries out, and the trials that are this run: two may have the same values."""

    run: Run
    trials: list[Trial]
    seen: int = 0  # iterations that the study knows of
    is_stopped: bool = False


@dataclass(eq=False)
class Search:
    """A source of runs. What is done already is taken from disk; what another process is at, is waited for."""

    study: Study
    sweep: Sweep
    locks: RunLocks
    plan: Callable[[Mapping[str, Any]], Run]  # the run of a trial, by the values of its parameters
    stop_run: Callable[[str, str], None]  # ends a run, by its id and the reason
    on_change: Callable[[Run | None], None]  # told when a trial has begun, which may be a run to be made, and ended
    count: float = math.inf  # trials that this process may still begin
    _under_way: dict[str, _UnderWay] = field(default_factory=dict)  # run id -> what is at work
    _waiting: list[tuple[Trial, Run]] = field(default_factory=list)  # their runs are another process's
    _left: float | None = None

    @property
    def left(self) -> float:
        """How many runs may still come."""
        if self._left is None:
            self._left = min(self.count, self.study.left)
        return self._left + len(self._waiting)

    def take(self) -> Run | None:
        """The next run that has to be carried out; trials whose runs are done are told on the way."""
        for trial, run in self._waiting[:]:
            self._waiting.remove((trial, run))
            if self._is_to_be_made(trial, run):
                return run
        while self.left > len(self._waiting):
            asked = self.study.ask()
            if asked is None:
                self._left = None
                return None
            self.count -= 1
            self._left = max(0.0, (self._left or 0.0) - 1)
            run = self.plan(asked.values)
            self.study.begin(asked, run.run_id, run.hyperparameters.get("epochs"))
            self.on_change(run)
            if self._is_to_be_made(asked, run):
                return run
        return None

    def tick(self, runs: Sequence[Run]) -> None:
        """Tell the study how far the runs under way have come, and end those that it gives up."""
        self.study.beat()
        for run in runs:
            at = self._under_way.get(run.run_id)
            if at is not None and not at.is_stopped:
                self._follow(at)

    def end(self, run: Run, result: RunResult) -> None:
        """A run has ended, well or not."""
        at = self._under_way.pop(run.run_id)
        for trial in at.trials:
            self._tell(trial, run, result)
        self.locks.release(run.run_id)
        self._left = None
        self.on_change(None)

    def give_back(self) -> None:
        """What has not ended is begun anew by whoever comes next."""
        for trial in [trial for at in self._under_way.values() for trial in at.trials] + [t for t, _ in self._waiting]:
            self.study.give_back(trial)
        for at in self._under_way.values():
            self.locks.release(at.run.run_id)
        self._under_way.clear()
        self._waiting.clear()

    def _is_to_be_made(self, trial: Trial, run: Run) -> bool:
        """Whether this process has to carry it out; else the trial is told, or waits for who does."""
        if run.run_id in self._under_way:
            self._under_way[run.run_id].trials.append(trial)
            return False
        if not self.locks.try_hold(run.run_id):
            self._waiting.append((trial, run))
            return False
        result = read_result(run.folder.result)
        is_whole = find_damage(run.folder.result, result) is None
        if result is not None and is_whole and (result.status is Status.OK or result.was_stopped):
            self._tell(trial, run, result)
            self.locks.release(run.run_id)
            self.on_change(None)
            return False
        self._under_way[run.run_id] = _UnderWay(run, [trial])
        return True

    def _follow(self, at: _UnderWay) -> None:
        if not self._is_logged_on_the_way:
            return
        iterations = read_iterations(at.run.folder, self.sweep.metric_name)
        if len(iterations) <= at.seen:
            return
        at.seen = len(iterations)
        for trial in at.trials:
            self.study.report(trial, iterations)
        epochs, trained = at.run.hyperparameters.get("epochs", 0), read_epoch(at.run.folder)
        if trained < epochs and all(self.study.should_stop(trial) for trial in at.trials):
            at.is_stopped = True
            rule = self.sweep.early_terminate
            eta = f"{rule.eta:g}" if rule else ""
            reason = f"hyperband: {self.sweep.metric_name} {iterations[-1]:.4g} after epoch {int(trained)} of {epochs}"
            self.stop_run(at.run.run_id, f"{reason} is not among the best 1/{eta} of the trials that came so far")

    def _tell(self, trial: Trial, run: Run, result: RunResult) -> None:
        facts: dict[str, Any] = {"seconds": result.seconds, "epochs_trained": int(read_epoch(run.folder) + 1e-6)}
        if self._is_logged_on_the_way:
            self.study.report(trial, read_iterations(run.folder, self.sweep.metric_name))
        if result.was_stopped:
            self.study.stop(trial, **facts, reason=result.error.message if result.error else "")
        elif result.status is not Status.OK:
            error = result.error
            self.study.fail(trial, **facts, reason=f"{error.kind}: {error.message}" if error else result.status.value)
        else:
            value = final_value(result, run.folder, self.sweep.metric_name, self.sweep.goal)
            if value is None:
                self.study.fail(trial, **facts, reason=f"{self.sweep.metric_name} is no finite number")
            else:
                self.study.complete(trial, value, **facts)

    @property
    def _is_logged_on_the_way(self) -> bool:
        return self.sweep.metric_name in logged_metrics(self.sweep.benchmark.task.metric)
