"""The scores of a suite: of each architecture on each task, and their average as GLUE defines it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.report.statistics.leaderboard import Row, rank
from app.report.suites import SuiteMember, SuiteRecord

__all__ = ["Overall", "TaskScore", "average_suite"]

NAN = float("nan")


@dataclass(frozen=True)
class TaskScore:
    """What one architecture reached on one task, at the setting that validation prefers there."""

    values: tuple[float, ...]  # of each metric that counts, a mean over seeds; nan where there is none
    row: Row | None  # its place on the task's own leaderboard; None where the task does not have it
    reason: str  # why there is no score; empty where there is one

    @property
    def score(self) -> float:
        """The unweighted mean of the metrics that count, nan where one is missing."""
        return math.fsum(self.values) / len(self.values)


@dataclass(frozen=True)
class Overall:
    """One architecture over all tasks of a suite."""

    architecture: str
    is_baseline: bool
    tasks: tuple[TaskScore, ...]  # in the order of the suite
    average: float  # the unweighted mean over all tasks; nan where one has no score, or the suite has no average
    position: int | None = None  # 1 for the best; equal averages share it; None without an average

    @property
    def lacking(self) -> tuple[int, ...]:
        """The places of the tasks that it has no score on."""
        return tuple(place for place, task in enumerate(self.tasks) if not math.isfinite(task.score))


def average_suite(suite: SuiteRecord) -> tuple[Overall, ...]:
    """Every architecture of the suite, the best average first; those without one come last, in the order of the plan.

    The average is that of GLUE: a task with several metrics is scored by their unweighted mean, and the suite by the
    unweighted mean over its tasks (Wang et al. 2018, arXiv 1804.07461). It is given only to who has a
    score on every task, and by no suite in which a metric counts that is the better the smaller it is.
    """
    boards = [
        {row.architecture: row for row in rank(member.record.results, planned=member.record.planned)}
        if member.record
        else {}
        for member in suite.members
    ]
    has_average = not any(member.smaller_is_better for member in suite.members)
    found = []
    for name in suite.architectures:
        tasks = tuple(_task_score(member, board.get(name)) for member, board in zip(suite.members, boards, strict=True))
        average = math.fsum(task.score for task in tasks) / len(tasks) if has_average else NAN
        is_baseline = any(task.row is not None and task.row.is_baseline for task in tasks)
        found.append(Overall(name, is_baseline, tasks, average))
    found.sort(key=lambda overall: -overall.average if math.isfinite(overall.average) else math.inf)
    return tuple(_placed(overall, found) for overall in found)


def _task_score(member: SuiteMember, row: Row | None) -> TaskScore:
    values = tuple(_mean_of(metric, row) for metric in member.metrics)
    reason = ""
    if not all(map(math.isfinite, values)):
        reason = _reason(member, row, values)
    return TaskScore(values, row, reason)


def _mean_of(metric: str, row: Row | None) -> float:
    """The mean over the seeds of METRIC on the reported split, or of SPLIT.METRIC."""
    if row is None or not row.runs:
        return NAN
    split, _, name = metric.rpartition(".")
    values = [
        run.metrics.get(split or (run.primary.split if run.primary else ""), {}).get(name, NAN) for run in row.runs
    ]
    return math.fsum(values) / len(values)


def _reason(member: SuiteMember, row: Row | None, values: Sequence[float]) -> str:
    if member.record is None:
        return "not begun yet"
    if row is None:
        return "not among the task's architectures"
    if row.reason or not row.runs:
        return row.reason or "not run yet"
    lacking = [metric for metric, value in zip(member.metrics, values, strict=True) if not math.isfinite(value)]
    return f"its results have no {' and no '.join(lacking)}"


def _placed(overall: Overall, all_of_them: Sequence[Overall]) -> Overall:
    if not math.isfinite(overall.average):
        return overall
    return replace(overall, position=1 + sum(other.average > overall.average for other in all_of_them))
