"""The ranking: per architecture the setting that validation prefers, and what it scores and costs."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.config import BASELINES
from app.results import Cost, InferenceCost, RunResult, Status

__all__ = ["Row", "rank", "varied_hyperparameters"]

NAN = float("nan")


@dataclass(frozen=True, kw_only=True)
class Row:
    """An architecture at its best setting. Scores and costs are means over `runs`, nan without any."""

    architecture: str
    family: str
    is_baseline: bool
    position: int | None  # 1 for the best; equal scores share it; None without a finite score
    hyperparameters: Mapping[str, object]  # the setting with the best mean score on validation
    runs: tuple[RunResult, ...]  # the complete runs of that setting, by seed
    validation: float
    score: float  # the primary metric on its split
    scores: tuple[float, ...]  # of each run in `runs`
    parameters: int | None
    model_bytes: int | None
    train_seconds: float
    train_samples_per_second: float
    latency_seconds: float  # median of one forward pass at the smallest batch, then length
    latency_p95_seconds: float  # 95th percentile of the same
    energy_joules: float | None  # of the training; the mean over runs with a meter, None without any
    peak_memory_bytes: int | None  # the largest of the runs
    exclusive: bool  # inference was measured with the machine to itself, in every run
    training_exclusive: bool  # and none of the training is known to have gone on beside other runs
    divergent: tuple[str, ...]  # why, of each run in `runs` whose training came to nothing
    failed: int  # of all settings of this architecture; those that a search stopped early are none of them
    missing: int
    reason: str | None  # why there is no score

    @property
    def seeds(self) -> int:
        """How many runs stand behind the score."""
        return len(self.runs)


def rank(results: Sequence[RunResult], *, planned: Mapping[str, int] | None = None) -> tuple[Row, ...]:
    """The leaderboard, best score first; architectures without a finite score come last, with the reason.

    Hyperparameters are chosen by the mean of the primary metric on validation over the seeds that ended well;
    the score is read from the primary split. A setting of which one seed diverged to nan has no finite
    mean and is never preferred to one that has.

    Args:
        results: complete and failed runs of one benchmark, in any order.
        planned: architecture -> number of planned runs; those without a result count as missing.
    """
    planned = planned or {}
    names = dict.fromkeys([*planned, *(result.architecture for result in results)])
    groups: dict[str, list[RunResult]] = {name: [] for name in names}
    for result in results:
        groups[result.architecture].append(result)
    sign = -1.0 if any(r.primary and r.primary.direction == "min" for r in results) else 1.0
    rows = [_row(name, group, sign, max(0, planned.get(name, 0) - len(group))) for name, group in groups.items()]
    rows.sort(key=lambda row: (_order(row.score, sign), not row.runs))
    return tuple(_placed(row, rows, sign) for row in rows)


def varied_hyperparameters(results: Iterable[RunResult]) -> tuple[str, ...]:
    """The names of the hyperparameters that take more than one value in `results`."""
    seen: dict[str, set[str]] = {}
    for result in results:
        for name, value in result.hyperparameters.items():
            seen.setdefault(name, set()).add(json.dumps(value, default=str))
    return tuple(name for name, values in seen.items() if len(values) > 1)


def _row(name: str, results: Sequence[RunResult], sign: float, missing: int) -> Row:
    complete = [result for result in results if result.status is Status.OK and result.primary]
    failures = [result for result in results if result.status is not Status.OK and not result.was_stopped]
    settings: dict[str, list[RunResult]] = {}
    for result in complete:
        key = json.dumps(dict(result.hyperparameters), sort_keys=True, default=str)
        settings.setdefault(key, []).append(result)
    best = min(settings.values(), key=lambda runs: _order(_validation(runs), sign), default=[])
    runs = tuple(sorted(best, key=lambda result: result.seed))
    scores = tuple(result.primary.value for result in runs if result.primary)
    costs = [result.cost for result in runs if result.cost]
    smallest = [_smallest_batch(cost) for cost in costs]
    energies = [cost.training_energy_joules for cost in costs if cost.training_energy_joules is not None]
    family = results[0].family if results else ""
    return Row(
        architecture=name,
        family=family,
        is_baseline=family in BASELINES,
        position=None,
        hyperparameters=runs[0].hyperparameters if runs else {},
        runs=runs,
        validation=_validation(runs),
        score=_mean(scores),
        scores=scores,
        parameters=costs[0].parameters if costs else None,
        model_bytes=costs[0].model_bytes if costs else None,
        train_seconds=_mean([cost.train_seconds for cost in costs]),
        train_samples_per_second=_mean([cost.train_samples_per_second for cost in costs]),
        latency_seconds=_mean([timing.p50_seconds if timing else NAN for timing in smallest]),
        latency_p95_seconds=_mean([timing.p95_seconds if timing else NAN for timing in smallest]),
        energy_joules=_mean(energies) if energies else None,
        peak_memory_bytes=max((cost.peak_memory_bytes for cost in costs), default=None),
        exclusive=all(cost.exclusive for cost in costs),
        training_exclusive=all(cost.training_exclusive is not False for cost in costs),
        divergent=tuple(run.divergent for run in runs if run.divergent),
        failed=len(failures),
        missing=missing,
        reason=_reason(scores, failures, any(result.was_stopped for result in results)),
    )


def _placed(row: Row, rows: Sequence[Row], sign: float) -> Row:
    if not math.isfinite(row.score):
        return row
    better = sum(_order(other.score, sign) < _order(row.score, sign) for other in rows)
    return Row(**{**vars(row), "position": better + 1})


def _order(score: float, sign: float) -> float:
    """A sort key: the better the score the smaller, and a score that is no finite number largest of all."""
    return -sign * score if math.isfinite(score) else math.inf


def _validation(runs: Sequence[RunResult]) -> float:
    return _mean([r.metrics.get("validation", {}).get(r.primary.name, NAN) for r in runs if r.primary])


def _smallest_batch(cost: Cost) -> InferenceCost | None:
    return min(cost.plain_inference, key=lambda timing: (timing.batch_size, timing.sequence_length), default=None)


def _reason(scores: Sequence[float], failures: Sequence[RunResult], stopped: bool) -> str | None:
    if scores and math.isfinite(_mean(scores)):
        return None
    if scores:
        return "the score is not a finite number"
    error = next((result.error for result in failures if result.error), None)
    if error:
        return f"{error.kind}: {error.message}"
    if failures:
        return failures[0].status.value
    return "every run was stopped early" if stopped else "not run yet"


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values) if values else NAN
