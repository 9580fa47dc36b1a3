"""The memory of a search, an Optuna study in a database: what was tried, what is under way, what to try next."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna
from optuna.exceptions import UpdateFinishedTrialError
from optuna.storages import RDBStorage
from optuna.study import Study as OptunaStudy
from optuna.trial import FrozenTrial, TrialState

from app.bench.lock import take_turns
from app.search.draws import draw_trial, values_of
from app.search.drivers import BEAT_SECONDS, is_silent, lives_here
from app.search.hyperband import should_stop
from app.search.sweep import Sweep
from app.trials import TrialRecord

__all__ = ["Study", "Trial", "counts"]

BEAT = "beat:"  # with the name of a driver, the attribute of a study that says when it was alive
VALUES, DRIVER, RUN, RETRY, LEFT_OUT = "values", "driver", "run", "retry_of", "left_out"  # attributes of a trial
FOLLOWS = "follows"  # which one it is begun anew for; `retry_of` is the first of them
INTERRUPTED, SURPLUS = "interrupted, and begun anew", "one more than there were to be"  # why one is left out
STATES: Mapping[TrialState, Any] = {
    TrialState.COMPLETE: "complete",
    TrialState.PRUNED: "stopped",
    TrialState.FAIL: "failed",
    TrialState.RUNNING: "running",
    TrialState.WAITING: "waiting",
}


@dataclass(frozen=True, eq=False)
class Trial:
    """One trial under way."""

    number: int
    values: Mapping[str, Any]  # parameter -> value
    live: optuna.Trial


class Study:
    """A search as all of its processes share it."""

    def __init__(
        self,
        study: OptunaStudy,
        sweep: Sweep,
        *,
        storage: RDBStorage,
        driver: str,
        drivers: Path,
        is_local: bool,
    ) -> None:
        """Use `open_study`.

        Args:
            study: Optuna's.
            sweep: what is searched.
            storage: where the study is kept.
            driver: this process's name.
            drivers: the folder where processes say that they are alive.
            is_local: every process that takes part says so there.
        """
        self._study, self._sweep, self._storage = study, sweep, storage
        self._driver, self._drivers, self._is_local = driver, drivers, is_local
        self._beaten = -math.inf
        self._reported: dict[int, int] = {}  # number of a trial -> values of its metric that the study knows
        self._limit = min(
            sweep.run_cap or math.inf,
            sweep.grid_size if sweep.method == "grid" else math.inf,
        )

    @property
    def left(self) -> float:
        """How many trials are still to be begun, by whichever process; infinite where nothing bounds them."""
        return self._left(self._trials())

    def ask(self) -> Trial | None:
        """The next trial; None where there is none left. What a process that was killed has left comes first."""
        with take_turns(self._drivers / ".asking"):  # two that ask at once would be given the same
            trials = self._reclaim()
            if self._left(trials) <= 0:
                return None
            waiting = next((trial for trial in trials if trial.state is TrialState.WAITING), None)
            first = waiting.user_attrs[RETRY] if waiting else len(trials)  # the number it had at first
            place = sum(map(counts, trials[:first]))
            live = draw_trial(self._study, self._sweep, seed=len(trials), place=place)
            live.set_user_attr(DRIVER, self._driver)
        if not self._is_local and not waiting and sum(map(counts, self._trials()[: live.number])) >= self._limit:
            live.set_user_attr(LEFT_OUT, SURPLUS)  # another machine was faster
            self._study.tell(live, state=TrialState.FAIL)
            return None
        values = values_of(self._sweep, live.params)
        live.set_user_attr(VALUES, values)
        return Trial(live.number, values, live)

    def begin(self, trial: Trial, run_id: str, epochs: int | None) -> None:
        """The trial is this run."""
        trial.live.set_user_attr(RUN, {"id": run_id, "epochs": epochs})

    def report(self, trial: Trial, iterations: Sequence[float]) -> None:
        """The values of its metric so far, as often as it was logged."""
        known = self._reported.get(trial.number, 0)
        with contextlib.suppress(UpdateFinishedTrialError):  # taken for dead and begun anew elsewhere
            for number, value in enumerate(iterations[known:], known + 1):
                trial.live.report(value, number)
        self._reported[trial.number] = max(known, len(iterations))

    def should_stop(self, trial: Trial) -> bool:
        """Whether hyperband ends the trial where it is."""
        rule = self._sweep.early_terminate
        if rule is None:
            return False
        sign = -1.0 if self._sweep.goal == "maximize" else 1.0
        histories = {item.number: [sign * value for value in _iterations(item)] for item in self._trials()}
        own = histories.pop(trial.number)
        return should_stop(own, histories.values(), bands=rule.bands, eta=rule.eta, strict=rule.strict)

    def complete(self, trial: Trial, value: float, **facts: Any) -> None:
        """The trial came to its end with this value of the metric."""
        self._end(trial, TrialState.COMPLETE, value, facts)

    def stop(self, trial: Trial, **facts: Any) -> None:
        """The trial was stopped early."""
        self._end(trial, TrialState.PRUNED, None, facts)

    def fail(self, trial: Trial, **facts: Any) -> None:
        """The trial has no value."""
        self._end(trial, TrialState.FAIL, None, facts)

    def give_back(self, trial: Trial) -> None:
        """The trial was interrupted: it will be begun anew."""
        with take_turns(self._drivers / ".asking"):
            self._take_out(trial.number)
            self._put_back(self._trials())

    def beat(self) -> None:
        """Tell the others that this process is alive, now and then."""
        if time.monotonic() - self._beaten > BEAT_SECONDS:
            self._beaten = time.monotonic()
            self._study.set_user_attr(BEAT + self._driver, time.time())

    def records(self) -> tuple[TrialRecord, ...]:
        """Every trial that counts, by number."""
        return tuple(_record(trial) for trial in self._trials() if LEFT_OUT not in trial.user_attrs)

    def _trials(self) -> list[FrozenTrial]:
        return self._study.get_trials(deepcopy=False)

    def _end(self, trial: Trial, state: TrialState, value: float | None, facts: Mapping[str, Any]) -> None:
        with contextlib.suppress(UpdateFinishedTrialError, ValueError):  # as before
            run = trial.live.user_attrs.get(RUN, {})
            trial.live.set_user_attr(RUN, {**run, **facts})
            self._study.tell(trial.live, value, state=state)

    def _left(self, trials: Sequence[FrozenTrial]) -> float:
        waiting = sum(trial.state is TrialState.WAITING or self._is_orphan(trial) for trial in trials)
        new = 0 if self._has_reached_target(trials) else max(0.0, self._limit - sum(map(counts, trials)))
        return new + waiting

    def _reclaim(self) -> list[FrozenTrial]:
        """All trials, those of processes that have died begun anew."""
        trials = self._trials()
        orphans = [trial for trial in trials if self._is_orphan(trial)]
        for trial in orphans:
            self._take_out(trial.number)
        return self._trials() if self._put_back(self._trials() if orphans else trials) else trials

    def _is_orphan(self, trial: FrozenTrial) -> bool:
        """Whether it is under way for the study, and nobody is at it."""
        driver = trial.user_attrs.get(DRIVER)
        if trial.state is not TrialState.RUNNING or driver == self._driver:
            return False
        if driver is None:  # killed before it had said its name, or just about to
            begun = trial.datetime_start.timestamp() if trial.datetime_start else 0.0
            return time.time() - begun > BEAT_SECONDS
        alive = lives_here(self._drivers, driver)
        if alive is not None:
            return not alive
        return self._is_local or is_silent(self._study.user_attrs.get(BEAT + driver))

    def _take_out(self, number: int) -> None:
        """A trial that nobody is at any more has ended."""
        with contextlib.suppress(UpdateFinishedTrialError, ValueError):  # another machine has done it
            self._storage.set_trial_user_attr(self._trials()[number]._trial_id, LEFT_OUT, INTERRUPTED)
            self._study.tell(number, state=TrialState.FAIL)

    def _put_back(self, trials: Sequence[FrozenTrial]) -> bool:
        """Have each trial that was taken out begun anew, if that was not seen to yet; whether there was one."""
        followed = {trial.user_attrs.get(FOLLOWS) for trial in trials}
        lost = [t for t in trials if t.user_attrs.get(LEFT_OUT) == INTERRUPTED and t.number not in followed]
        for trial in lost:
            first = trial.user_attrs.get(RETRY, trial.number)
            attributes = {RETRY: first, FOLLOWS: trial.number, VALUES: trial.user_attrs.get(VALUES, {})}
            self._study.enqueue_trial(dict(trial.params), user_attrs=attributes)
        return bool(lost)

    def _has_reached_target(self, trials: Sequence[FrozenTrial]) -> bool:
        metric = self._sweep.metric
        if metric is None or metric.target is None:
            return False
        values = [trial.value for trial in trials if trial.state is TrialState.COMPLETE and trial.value is not None]
        return any(value >= metric.target if metric.goal == "maximize" else value <= metric.target for value in values)


def counts(trial: FrozenTrial) -> bool:
    """Whether it is one of those that the search was to make: not begun anew, and not too many."""
    return RETRY not in trial.user_attrs and trial.user_attrs.get(LEFT_OUT) != SURPLUS


def _iterations(trial: FrozenTrial) -> list[float]:
    return [value for _, value in sorted(trial.intermediate_values.items())]


def _record(trial: FrozenTrial) -> TrialRecord:
    run = trial.user_attrs.get(RUN, {})
    return TrialRecord(
        number=trial.number,
        state=STATES[trial.state],
        values=trial.user_attrs.get(VALUES, {}),
        value=trial.value,
        iterations=tuple(_iterations(trial)),
        run_id=run.get("id", ""),
        epochs=run.get("epochs"),
        epochs_trained=run.get("epochs_trained"),
        seconds=run.get("seconds"),
        reason=run.get("reason", ""),
        started=trial.datetime_start,
        finished=trial.datetime_complete,
    )
