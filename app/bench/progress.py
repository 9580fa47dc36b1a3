"""What a person sees while the runs go on: a live display in a terminal, plain lines elsewhere."""

from __future__ import annotations

import csv
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from app.bench.plan import Run
from app.results import RunFailure, RunResult, Status

__all__ = ["RunDisplay"]


class RunDisplay:
    """Follows the runs of a plan: done and to go, each current run's epoch and loss, time left."""

    def __init__(self, console: Console, *, total: int, done: int, seconds_left: float | None) -> None:
        self._console = console
        self._live = console.is_terminal
        self._total, self._done = total, done
        self._estimate = seconds_left  # of all that is to do, from runs of the kind; None: nothing is known
        self._to_do = total - done
        self._ended: list[float] = []
        self._began = time.monotonic()
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=28),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[note]}"),
            console=console,
            disable=not self._live,
            transient=True,
        )
        self._all = self._progress.add_task("[bold]all runs", total=total, completed=done, note="")
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def start(self, run: Run) -> None:
        """A run begins."""
        epochs = int(run.hyperparameters.get("epochs", 1))
        self._tasks[run.run_id] = self._progress.add_task(f"  {run.run_id}", total=epochs, note="starting")
        if not self._live:
            self._console.print(f"[{self._done + len(self._tasks)}/{self._total}] {run.run_id} ...", markup=False)

    def tick(self, runs: Sequence[Run]) -> None:
        """Look at what the runs under way have written so far."""
        if not self._live:
            return
        for run in runs:
            epoch, loss = _last_step(run.folder.history)
            if epoch is not None:
                note = f"epoch {epoch:.1f}" + (f"  loss {loss:.3f}" if loss is not None else "")
                self._progress.update(self._tasks[run.run_id], completed=int(epoch), note=note)
        self._progress.update(self._all, note=self._time_left())

    def retry(self, run: Run, failure: RunFailure) -> None:
        """A run is tried again."""
        self._console.print(f"  {run.run_id}: {failure.message}; trying again", style="yellow", markup=False)

    def finish(self, run: Run, result: RunResult) -> None:
        """A run has ended, well or not."""
        self._done += 1
        self._ended.append(time.monotonic())
        task = self._tasks.pop(run.run_id)
        self._progress.remove_task(task)
        self._progress.update(self._all, completed=self._done, note=self._time_left())
        if result.status is Status.OK and result.primary is not None:
            line = f"{result.primary.name} {result.primary.value:.3f} on {result.primary.split}"
            mark, style = "ok", "green"
        elif result.was_stopped:
            line, mark, style = _first_line(result.error.message) if result.error else "", "stopped early", "cyan"
        else:
            line = f"{result.error.kind}: {_first_line(result.error.message)}" if result.error else ""
            mark, style = result.status.value, "red"
        text = f"[{self._done}/{self._total}] {run.run_id}  {mark}  {line}  ({result.seconds:.1f} s)"
        self._console.print(text, style=style if mark != "ok" else None, markup=False, highlight=False)

    def _time_left(self) -> str:
        left = self._to_do - len(self._ended)
        if left <= 0:
            return ""
        if self._ended:
            seconds = (self._ended[-1] - self._began) / len(self._ended) * left
            seconds -= min(time.monotonic() - self._ended[-1], seconds / left)
        elif self._estimate is not None:
            seconds = max(0.0, self._estimate - (time.monotonic() - self._began))
        else:
            return ""
        return f"about {timedelta(seconds=round(seconds))} left"


def _last_step(history: Path) -> tuple[float | None, float | None]:
    """The last epoch and training loss in a history file that is still being written; None where there is none."""
    epoch = loss = None
    try:
        with history.open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                epoch = float(row.get("epoch") or 0)
                loss = float(row["loss"]) if row.get("loss") else loss
    except (OSError, ValueError, KeyError):
        pass
    return epoch, loss


def _first_line(text: str) -> str:
    return (text.strip().splitlines() or [""])[0][:160]
