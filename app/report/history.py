"""How a run learned: one evaluation figure over its epochs."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Curve", "read_curve"]


@dataclass(frozen=True)
class Curve:
    """A figure after each evaluation; `epochs` and `values` are equally long, or both empty."""

    epochs: tuple[float, ...] = ()
    values: tuple[float, ...] = ()


def read_curve(path: Path, metric: str) -> Curve:
    """The course of `eval_<metric>` in a run's history.csv, on validation; empty without such a file."""
    points = []
    try:
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                epoch, value = row.get("epoch"), row.get(f"eval_{metric}")
                if epoch and value:
                    points.append((float(epoch), float(value)))
    except (OSError, ValueError, csv.Error):
        return Curve()
    return Curve(tuple(epoch for epoch, _ in points), tuple(value for _, value in points))
