"""Which runs of a plan are done already, what is damaged, and how long the others will take as far as those tell."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.bench.plan import Run
from app.integrity import find_damage
from app.results import RunResult, Status, read_results

__all__ = ["Found", "estimate_seconds", "find_done", "look_for_results"]


@dataclass(frozen=True)
class Found:
    """What lies on disk of a plan, by run id."""

    done: Mapping[str, RunResult]  # ended well, and is what was written
    damaged: Mapping[str, str]  # what is there and does not count, each with the reason


def look_for_results(runs: Sequence[Run]) -> Found:
    """Read the record of every run. A failed run is to be run again, and so is one that is torn or was altered."""
    results = read_results([run.folder.result for run in runs])
    done, damaged = {}, {}
    for run, result in zip(runs, results, strict=True):
        if result is not None and result.status is not Status.OK:
            continue
        reason = find_damage(run.folder.result, result)
        if reason is not None:
            damaged[run.run_id] = reason
        elif result is not None:
            done[run.run_id] = result
    return Found(done, damaged)


def find_done(runs: Sequence[Run]) -> dict[str, RunResult]:
    """Run id -> record of the runs that have ended well, and whose record and files are what was written."""
    return dict(look_for_results(runs).done)


def estimate_seconds(runs: Sequence[Run], done: Mapping[str, RunResult], workers: int) -> float | None:
    """Wall-clock seconds that the runs not yet done will take; None while no run of the benchmark is known.

    A run is expected to take as long as those of its architecture did, or else as long as the average run.
    """
    if not done:
        return None
    by_name: dict[str, list[float]] = {}
    for result in done.values():
        by_name.setdefault(result.architecture, []).append(result.seconds)
    usual = statistics.fmean(result.seconds for result in done.values())
    means = {name: statistics.fmean(seconds) for name, seconds in by_name.items()}
    return sum(means.get(run.architecture.name, usual) for run in runs if run.run_id not in done) / workers
