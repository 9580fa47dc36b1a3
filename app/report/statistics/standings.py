"""The leaderboard with its statistics: how sure each score is, and which differences are real."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from app.integrity import is_intact
from app.report.gather import Record
from app.report.statistics.comparison import Difference, Ranks, compare_all, rank_groups, smallest_difference
from app.report.statistics.estimates import Estimate, estimate_score, moderate_spreads
from app.report.statistics.intervals import Interval
from app.report.statistics.leaderboard import Row, rank
from app.report.statistics.samples import read_sample
from app.report.statistics.scores import BOUNDS

__all__ = ["COMPARED", "Standing", "compare", "estimate_row", "find_power"]

TOLERANCE = 1e-6
COMPARED = 50  # architectures that get intervals; a baseline always does


@dataclass(frozen=True)
class Standing:
    """A row of the leaderboard. What the predictions do not allow to be known is None."""

    row: Row
    estimate: Estimate | None = None
    behind: Difference | None = None  # how far this one is behind the leader; of the leader itself, nothing
    ahead: Difference | None = None  # how far it is ahead of the best baseline; of a baseline, nothing
    ranks: Ranks | None = None

    @property
    def interval(self) -> Interval | None:
        """Of the score, over examples and seeds."""
        return self.estimate.interval if self.estimate else None

    @property
    def within_noise(self) -> bool:
        """Whether examples and seeds cannot tell this row from the leader, all comparisons counted."""
        return self.behind is not None and not self.behind.is_real


def compare(record: Record) -> tuple[Standing, ...]:
    """The leaderboard of a benchmark, best first, with the statistics of the first `COMPARED` and all baselines."""
    rows = rank(record.results, planned=record.planned)
    estimates = {}
    for place, row in enumerate(rows):
        found = estimate_row(record, row) if place < COMPARED or row.is_baseline else None
        if found is not None:
            estimates[row.architecture] = found
    estimates = moderate_spreads(estimates)
    leader = rows[0].architecture if rows else ""
    if leader in estimates:  # those scored on other rows than the leader are not compared
        key = estimates[leader].key
        comparable = {name: estimate for name, estimate in estimates.items() if estimate.key == key}
    else:
        comparable = {}
    differences = compare_all(comparable)
    sign = -1.0 if record.primary and record.primary.direction == "min" else 1.0
    ranks = rank_groups(list(comparable), differences, sign)
    baseline = next((row.architecture for row in rows if row.is_baseline and math.isfinite(row.score)), "")

    def against(better: str, worse: str) -> Difference | None:
        """How far `better` is ahead, whatever the metric's direction."""
        return differences.get((better, worse) if sign > 0 else (worse, better))

    return tuple(
        Standing(
            row,
            estimates.get(row.architecture),
            against(leader, row.architecture),
            None if row.is_baseline else against(row.architecture, baseline),
            ranks.get(row.architecture),
        )
        for row in rows
    )


def find_power(standings: Sequence[Standing]) -> float | None:
    """The smallest difference between two models that this benchmark would have shown, four times in five.

    Seen from the differences to the leader; None without two models that can be compared.
    """
    compared = [standing for standing in standings if standing.ranks]
    models = [standing.behind for standing in compared if standing.behind and not standing.row.is_baseline]
    return smallest_difference(models, comparisons=len(compared) * (len(compared) - 1) // 2)


def estimate_row(record: Record, row: Row) -> Estimate | None:
    """How sure the score of a row is; None where its predictions do not give that very score."""
    primary = record.primary
    if primary is None or not row.runs or not math.isfinite(row.score):
        return None
    places = [(record.folder.run(run.run_id).predictions, run) for run in row.runs]
    paths = [path for path, run in places if is_intact(path, run)]
    if len(paths) < len(places):
        return None
    sample = read_sample(paths, primary.name, kind=record.dataset.kind, labels=record.dataset.labels)
    if sample is None:
        return None
    bounds = BOUNDS.get(primary.name, (0.0, 1.0))
    # a baseline is run once: nothing in it is left to chance
    found = estimate_score(sample, bounds=bounds, is_random=not row.is_baseline)
    # an interval around another figure than the one that is shown would mislead
    return found if math.isclose(found.value, row.score, rel_tol=TOLERANCE, abs_tol=TOLERANCE) else None
