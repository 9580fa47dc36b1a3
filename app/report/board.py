"""The leaderboard as data: leaderboard.csv and leaderboard.json, beside the page that shows it."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence

from markupsafe import Markup

from app.report.gather import Record
from app.report.page.markup import Fragment, link
from app.report.spreadsheet import as_csv
from app.report.statistics.comparison import Difference
from app.report.statistics.intervals import Interval
from app.report.statistics.standings import Standing, find_power
from app.results import write_atomically

__all__ = ["leaderboard_rows", "save_leaderboard"]


def save_leaderboard(record: Record, standings: Sequence[Standing]) -> Fragment:
    """Write both files; returns a line that leads to them."""
    rows = leaderboard_rows(standings)
    primary = record.primary
    document = {
        "schema": 1,
        "benchmark": record.name,
        "metric": primary.name if primary else None,
        "split": primary.split if primary else None,
        "direction": primary.direction if primary else None,
        "smallest_difference": find_power(standings),
        "rows": rows,
    }
    folder = record.folder
    text = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)
    write_atomically(folder.leaderboard_document, f"{text}\n")
    write_atomically(folder.leaderboard, as_csv(list(rows[0]) if rows else ["architecture"], rows))
    names = [link(path.name, path.name) for path in (folder.leaderboard, folder.leaderboard_document, folder.table)]
    return Fragment(Markup("<p>The table as {} and {}; every run in {}.</p>").format(*names))


def leaderboard_rows(standings: Sequence[Standing]) -> list[dict[str, object]]:
    """A row each, best first; what is not known is None."""
    return [_row(standing) for standing in standings]


def _row(standing: Standing) -> dict[str, object]:
    row, ranks, estimate = standing.row, standing.ranks, standing.estimate
    return {
        "architecture": row.architecture,
        "family": row.family,
        "is_baseline": row.is_baseline,
        "rank": ranks.first if ranks else None,
        "rank_to": ranks.last if ranks else None,
        "place": row.position,
        "score": _finite(row.score),
        **_bounds("", standing.interval),
        "seeds": row.seeds,
        "deviation_of_seeds": estimate.deviation if estimate else None,
        "seeds_known": estimate.seeds.is_known if estimate else None,
        "validation": _finite(row.validation),
        **_difference("behind_best", standing.behind),
        **_difference("ahead_of_baseline", standing.ahead),
        "hyperparameters": dict(row.hyperparameters),
        "parameters": row.parameters,
        "train_seconds": _finite(row.train_seconds),
        "train_samples_per_second": _finite(row.train_samples_per_second),
        "latency_seconds": _finite(row.latency_seconds),
        "peak_memory_bytes": row.peak_memory_bytes,
        "exclusive": row.exclusive,
        "divergent": len(row.divergent),
        "failed": row.failed,
        "missing": row.missing,
        "reason": row.reason,
        "runs": [run.run_id for run in row.runs],
    }


def _bounds(name: str, bounds: Interval | None) -> dict[str, object]:
    prefix = f"{name}_" if name else ""
    return {f"{prefix}low": bounds.low if bounds else None, f"{prefix}high": bounds.high if bounds else None}


def _difference(name: str, difference: Difference | None) -> dict[str, object]:
    return {
        name: difference.estimate if difference else None,
        **_bounds(name, difference),
        f"{name}_p_value": difference.p_value if difference else None,
        f"{name}_adjusted_p_value": difference.adjusted if difference else None,
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
