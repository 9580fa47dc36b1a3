"""How a training went, step by step, in memory and in a file that grows while it goes on."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.layout import RunFolder

__all__ = ["History"]


@dataclass
class History:
    """Rows of step, epoch, training loss, learning rate, and of the validation scores at the end of each epoch."""

    metric: str
    path: Path | None = None  # history.csv, written row by row; None: kept in memory only
    listener: Callable[[Mapping[str, float | None]], None] | None = None  # told of every row
    rows: list[Mapping[str, float | None]] = field(default_factory=list)

    @classmethod
    def at(cls, folder: str, metric: str, listener: Callable[[Mapping[str, float | None]], None]) -> History:
        """The history of the run in `folder`; of one that keeps nothing where `folder` is empty."""
        return cls(metric, RunFolder(Path(folder)).history if folder else None, listener)

    def __post_init__(self) -> None:
        self._write(self.columns, mode="w")

    @property
    def columns(self) -> tuple[str, ...]:
        return ("step", "epoch", "loss", "learning_rate", "eval_loss", f"eval_{self.metric}")

    def add(self, values: Mapping[str, float]) -> None:
        """Append a row; what a row does not have stays blank."""
        row = {name: values.get(name) for name in self.columns}
        self.rows.append(row)
        if self.listener is not None:
            self.listener(row)
        self._write(tuple("" if value is None else f"{value:.6g}" for value in row.values()))

    def state(self) -> Mapping[str, Any]:
        return {"rows": [dict(row) for row in self.rows]}

    def restore_state(self, state: Mapping[str, Any]) -> None:
        """Have the rows of a training that is carried on again, as if they had just been added."""
        for row in state["rows"]:
            self.add({name: value for name, value in row.items() if value is not None})

    def series(self, name: str) -> tuple[list[float], list[float]]:
        """Epochs and values of one column, where it has any."""
        pairs = [(row["epoch"], row[name]) for row in self.rows if row[name] is not None]
        return [float(epoch or 0) for epoch, _ in pairs], [float(value or 0) for _, value in pairs]

    def _write(self, values: tuple[str, ...], mode: str = "a") -> None:
        if self.path is not None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open(mode, newline="", encoding="utf-8") as file:
                csv.writer(file).writerow(values)
