"""Which runs of a plan are done already, and how long the others will take as far as those tell."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence

from app.bench.plan import Run
from app.results import RunResult, Status, read_results

__all__ = ["estimate_seconds", "find_done"]


def find_done(runs: Sequence[Run]) -> dict[str, RunResult]:
    """Run id -> record of the runs that have ended well. A failed run is to be run again."""
    results = zip(runs, read_results([run.folder.result for run in runs]), strict=True)
    return {run.run_id: result for run, result in results if result is not None and result.status is Status.OK}


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
