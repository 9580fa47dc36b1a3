"""The leaderboard with its intervals: of each score, and of each row's distance to the leader."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from app.report.gather import Record
from app.report.statistics.classes import read_predictions
from app.report.statistics.entities import read_counts
from app.report.statistics.intervals import Interval, Sample, paired_difference, score_interval
from app.report.statistics.leaderboard import Row, rank
from app.report.statistics.scores import ENTITY_METRICS, METRICS, Metric
from app.report.statistics.windows import SCORES, Likelihoods, likelihood_interval, paired_likelihoods, read_likelihoods
from app.tasks import LANGUAGE

__all__ = ["COMPARED", "Standing", "compare"]

TOLERANCE = 1e-6
COMPARED = 50  # architectures that get intervals; a baseline always does


@dataclass(frozen=True)
class Standing:
    """A row of the leaderboard. The intervals are None where the predictions do not allow them."""

    row: Row
    interval: Interval | None  # of the score
    behind: Interval | None  # how far this one is behind the leader's score; of the leader itself, nothing

    @property
    def within_noise(self) -> bool:
        """Whether the examples cannot tell this row from the leader."""
        return self.behind is not None and not self.behind.excludes_zero


def compare(record: Record) -> tuple[Standing, ...]:
    """The leaderboard of a benchmark, best first, with intervals over examples for the first `COMPARED`."""
    rows = rank(record.results, planned=record.planned)
    primary = record.primary
    if primary and primary.name in SCORES and record.dataset.kind in LANGUAGE:
        return _compare_likelihoods(record, rows, primary.name)
    metric = {**METRICS, **ENTITY_METRICS}.get(primary.name) if primary else None
    found = {
        row.architecture: _predictions(record, row, metric) if place < COMPARED or row.is_baseline else None
        for place, row in enumerate(rows)
    }
    leader = found.get(rows[0].architecture) if rows else None
    standings = []
    for row in rows:
        own = found[row.architecture]
        if own is None or metric is None:
            standings.append(Standing(row, None, None))
            continue
        compared = leader is not None and row is not rows[0]
        behind = paired_difference(leader, own, metric) if compared and leader else None
        standings.append(Standing(row, score_interval(own, metric), behind))
    return tuple(standings)


def _compare_likelihoods(record: Record, rows: Sequence[Row], name: str) -> tuple[Standing, ...]:
    """The same of language models, whose files have the losses of windows."""
    found: dict[str, Likelihoods | None] = {}
    for place, row in enumerate(rows):
        wanted = (place < COMPARED or row.is_baseline) and row.runs and math.isfinite(row.score)
        own = read_likelihoods([record.folder.run(run.run_id).predictions for run in row.runs]) if wanted else None
        fits = own is not None and math.isclose(
            likelihood_interval(own, name, resamples=1).estimate, row.score, rel_tol=TOLERANCE
        )
        found[row.architecture] = own if fits else None
    leader = found[rows[0].architecture] if rows else None
    standings = []
    for place, row in enumerate(rows):
        own = found[row.architecture]
        behind = paired_likelihoods(leader, own, name) if place and own and leader else None
        standings.append(Standing(row, likelihood_interval(own, name) if own else None, behind))
    return tuple(standings)


def _predictions(record: Record, row: Row, metric: Metric | None) -> Sample | None:
    if metric is None or not row.runs or not math.isfinite(row.score):
        return None
    paths = [record.folder.run(run.run_id).predictions for run in row.runs]
    is_of_entities = metric in ENTITY_METRICS.values()
    found = read_counts(paths) if is_of_entities else read_predictions(paths, record.dataset.labels)
    # an interval around another figure than the one that is shown would mislead
    if found is None or abs(score_interval(found, metric, resamples=1).estimate - row.score) > TOLERANCE:
        return None
    return found
