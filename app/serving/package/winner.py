"""Which run of a benchmark is worth packaging: the best of the best setting of the first that is no baseline."""

from __future__ import annotations

import math
from dataclasses import dataclass
from difflib import get_close_matches

from app.errors import PackageError
from app.report.gather import Record
from app.report.page.wording import metric_name, probability, score, signed
from app.report.statistics.standings import Standing, compare
from app.results import RunResult, Status
from app.tasks import MASKED, direction

__all__ = ["Choice", "choose_run"]


@dataclass(frozen=True)
class Choice:
    """The run to package, and what speaks for and against it."""

    run: RunResult
    reason: str  # why this one, in a sentence
    against_baselines: str  # how it stands to them, in a sentence
    is_ahead: bool  # of every baseline, and surely


def choose_run(record: Record, run_id: str = "") -> Choice:
    """The winner of a benchmark by the statistics of its report, or the run of that id.

    Of the winner's seeds it is the one with the best score on validation: the split that choices are made on.

    Raises:
        PackageError: there is none, or it is none that can be packaged.
    """
    if record.dataset.kind == MASKED.name:
        raise PackageError(f"{record.name}: a {MASKED.name} answers no question by itself; package what is built on it")
    standings = compare(record)
    if run_id:
        run, reason = _named(record, run_id), "it was asked for by its id"
    if not run_id or run_id == _best_id(record, standings):
        run, reason = _best(record, standings)
    standing = next((item for item in standings if item.row.architecture == run.architecture), None)
    against, is_ahead = _tell_baselines(standings, standing)
    return Choice(run, reason, against, is_ahead)


def _named(record: Record, run_id: str) -> RunResult:
    entry = next((entry for entry in record.entries if entry.plan.run_id == run_id), None)
    if entry is None:
        known = [entry.plan.run_id for entry in record.entries]
        close = get_close_matches(run_id, known, n=1)
        hint = f"did you mean {close[0]}?" if close else f"it has {', '.join(known[:8])}"
        raise PackageError(f"--run {run_id}: {record.name} has no such run; {hint}")
    if entry.plan.baseline:
        raise PackageError(f"--run {run_id}: is a baseline, and no model that can be exported; name another run")
    if entry.result is None or entry.status != Status.OK:
        raise PackageError(f"--run {run_id}: that run is {entry.status}; run the benchmark again, or name another run")
    return entry.result


def _best_id(record: Record, standings: tuple[Standing, ...]) -> str:
    try:
        return _best(record, standings)[0].run_id
    except PackageError:
        return ""


def _best(record: Record, standings: tuple[Standing, ...]) -> tuple[RunResult, str]:
    first = next((item for item in standings if not item.row.is_baseline and math.isfinite(item.row.score)), None)
    if first is None:
        raise PackageError(f"{record.name}: no run of it that is no baseline has a score; run the benchmark first")
    metric = first.row.runs[0].primary
    assert metric is not None  # it has a score
    sign = -1.0 if direction(metric.name) == "min" else 1.0
    scored = [(sign * run.metrics.get("validation", {}).get(metric.name, math.nan), run) for run in first.row.runs]
    finite = [pair for pair in scored if math.isfinite(pair[0])] or scored[:1]
    _, run = max(finite, key=lambda pair: pair[0])
    seeds = f"of its {len(first.row.runs)} seeds the one that did best on validation"
    reason = f"it is first on the leaderboard, at the setting that validation prefers; {seeds}"
    return run, reason if len(first.row.runs) > 1 else reason.partition(";")[0]


def _tell_baselines(standings: tuple[Standing, ...], standing: Standing | None) -> tuple[str, bool]:
    best = next((item for item in standings if item.row.is_baseline and math.isfinite(item.row.score)), None)
    if best is None:
        return "No baseline was run, so nothing says whether a simpler method would do.", False
    name = f"the best baseline, {best.row.architecture} ({score(best.row.score)})"
    if standing is None or standing.ahead is None or not standing.row.runs or standing.row.runs[0].primary is None:
        return f"How it stands to {name}, is not known: they were not scored on the same rows.", False
    metric = metric_name(standing.row.runs[0].primary.name)
    sign = -1.0 if standing.row.runs[0].primary.direction == "min" else 1.0
    gain, p_value = standing.ahead.estimate, probability(standing.ahead.adjusted)
    lower = ", where lower is better" if sign < 0 else ""
    shown = f"a difference of {signed(sign * gain)} in {metric}{lower}, adjusted p {p_value}"
    if standing.ahead.is_real and gain > 0:
        return f"It is ahead of {name}: {shown}.", True
    if standing.ahead.is_real:
        return f"{name[0].upper()}{name[1:]}, is ahead of it: {shown}. Take that instead.", False
    return f"It is not surely ahead of {name}: {shown}. A simpler method may do.", False
