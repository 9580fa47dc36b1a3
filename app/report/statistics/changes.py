"""What changed between two benchmarks: each architecture's score then and now, by the statistics of the leaderboard."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from app.errors import DataError
from app.report.gather import Record
from app.report.statistics.comparison import Difference, adjust_holm, differ
from app.report.statistics.estimates import moderate_spreads
from app.report.statistics.leaderboard import Row, rank
from app.report.statistics.standings import estimate_row

__all__ = ["Change", "Verdict", "find_changes"]


class Verdict(StrEnum):
    """What became of a score, the worst first."""

    LOST = "no score any more"
    WORSE = "worse by more than noise"
    UNKNOWN = "cannot be compared"
    NOISE = "within noise"
    BETTER = "better by more than noise"
    NEW = "new"
    GONE = "not in this benchmark"

    @property
    def is_regression(self) -> bool:
        """Whether a gate should close on it."""
        return self in (Verdict.LOST, Verdict.WORSE)


@dataclass(frozen=True)
class Change:
    """One architecture in two benchmarks, at its best setting in each."""

    architecture: str
    before: Row | None
    after: Row | None
    gain: Difference | None  # how much better it is now, whatever the metric's direction
    verdict: Verdict


def find_changes(before: Record, after: Record) -> tuple[Change, ...]:
    """Every architecture of either benchmark, regressions first.

    All comparisons are made at once: the p-values are adjusted by Holm. Rows of the split are paired where both have
    the same ones.

    Raises:
        DataError: one of them has no score, or they are ranked by different metrics.
    """
    _check_alike(before, after)
    then, now = (_rows(record) for record in (before, after))
    sign = -1.0 if after.primary and after.primary.direction == "min" else 1.0
    gains = _gains(before, after, then, now, sign)
    found = []
    for name in dict.fromkeys([*now, *then]):
        gain = gains.get(name)
        found.append(Change(name, then.get(name), now.get(name), gain, _judge(then.get(name), now.get(name), gain)))
    order = list(Verdict)
    return tuple(sorted(found, key=lambda change: (order.index(change.verdict), _size(change))))


def _check_alike(before: Record, after: Record) -> None:
    for record in (before, after):
        if record.primary is None:
            raise DataError(f"{record.folder.path}: no run has a score, so there is nothing to compare")
    if (
        before.primary
        and after.primary
        and (before.primary.name, before.dataset.kind)
        != (
            after.primary.name,
            after.dataset.kind,
        )
    ):
        raise DataError(
            f"{before.folder.path} is ranked by {before.primary.name} ({before.dataset.kind}) and "
            f"{after.folder.path} by {after.primary.name} ({after.dataset.kind}); benchmarks compare when task.kind "
            "and task.metric are the same"
        )


def _rows(record: Record) -> dict[str, Row]:
    return {row.architecture: row for row in rank(record.results, planned=record.planned)}


def _gains(
    before: Record, after: Record, then: Mapping[str, Row], now: Mapping[str, Row], sign: float
) -> dict[str, Difference]:
    pairs = {name: (estimate_row(before, then[name]), estimate_row(after, now[name])) for name in now if name in then}
    known = {(name, place): one for name, pair in pairs.items() for place, one in enumerate(pair) if one}
    known = moderate_spreads(known)
    found = {}
    for name in pairs:
        old, new = known.get((name, 0)), known.get((name, 1))
        if old and new:
            found[name] = differ(new, old) if sign > 0 else differ(old, new)
    adjusted = adjust_holm([difference.p_value for difference in found.values()])
    return {
        name: replace(gain, adjusted=p_value) for (name, gain), p_value in zip(found.items(), adjusted, strict=True)
    }


def _judge(before: Row | None, after: Row | None, gain: Difference | None) -> Verdict:
    if after is None:
        return Verdict.GONE
    if before is None or not math.isfinite(before.score):
        return Verdict.NEW
    if not math.isfinite(after.score):
        return Verdict.LOST
    if gain is None:
        return Verdict.UNKNOWN
    if not gain.is_real:
        return Verdict.NOISE
    return Verdict.BETTER if gain.estimate > 0 else Verdict.WORSE


def _size(change: Change) -> tuple[float, str]:
    return (change.gain.estimate if change.gain else 0.0, change.architecture)
