"""What the commands print: the plan before the runs, the leaderboard after them."""

from __future__ import annotations

import functools
import math
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from app.bench.plan import Run
from app.bench.resume import estimate_seconds
from app.layout import BenchmarkFolder
from app.report.leaderboard import Row, rank
from app.results import RunResult

__all__ = ["console", "print_leaderboard", "print_plan", "print_sync_hint"]


@functools.cache
def console() -> Console:
    """The terminal; where the output is none, lines as long as they need to be."""
    terminal = Console()
    return terminal if terminal.is_terminal else Console(width=200)


def print_plan(runs: Sequence[Run], done: Mapping[str, RunResult], workers: int) -> None:
    """Print a line a run, what is done already, and an estimate of the time for the rest."""
    varied = _varied_axes(runs)
    table = _table("run", "architecture", *varied, "seed", "state")
    for run in runs:
        values = (_shown(run.hyperparameters.get(axis, "")) for axis in varied)
        seed = "" if run.architecture.is_baseline else str(run.seed)
        table.add_row(run.run_id, run.architecture.name, *values, seed, "done" if run.run_id in done else "to do")
    console().print(table)
    to_do = len(runs) - sum(run.run_id in done for run in runs)
    seconds = estimate_seconds(runs, done, workers)
    length = f", about {timedelta(seconds=round(seconds))}" if seconds is not None and to_do else ""
    console().print(f"{len(runs)} runs, {len(runs) - to_do} done, {to_do} to do{length}", highlight=False)


def print_leaderboard(results: Collection[RunResult], page: Path) -> None:
    """Print the architectures by score, best first, and where the page is."""
    rows = rank(list(results))
    scored = next((result.primary for row in rows for result in row.runs if result.primary), None)
    score = f"{scored.split} {scored.name}" if scored else "score"
    table = _table("", "architecture", score, "seeds", "parameters", "train s", "p50 ms", "")
    for column in table.columns[2:7]:
        column.justify = "right"
    for row in rows:
        table.add_row(*_cells(row))
    console().print()
    console().print(table)
    console().print(f"report: {page}", highlight=False, soft_wrap=True)


def print_sync_hint(results: Collection[RunResult], folder: BenchmarkFolder) -> None:
    """Say how to upload W&B runs that were kept offline, if there are any."""
    offline = sum(1 for result in results if result.wandb is not None and result.wandb.mode == "offline")
    if offline:
        words = f"{offline} W&B runs are kept offline; to upload them: wandb sync {folder.wandb}/wandb/offline-run-*"
        console().print(words, highlight=False, soft_wrap=True)


def _cells(row: Row) -> tuple[str, ...]:
    failed = f"{row.failed} failed" if row.failed else ""
    if not math.isfinite(row.score):
        return (
            "",
            row.architecture,
            "-",
            "",
            "",
            "",
            "",
            escape(" ".join(f"{failed} {row.reason or ''}".split())),
        )
    return (
        str(row.position),
        row.architecture,
        f"{row.score:.3f}",
        str(row.seeds),
        f"{row.parameters or 0:,}",
        f"{row.train_seconds:.1f}",
        f"{row.latency_seconds * 1000:.1f}" if math.isfinite(row.latency_seconds) else "-",
        failed,
    )


def _table(*headings: str) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in headings:
        table.add_column(heading, no_wrap=True)
    return table


def _varied_axes(runs: Sequence[Run]) -> list[str]:
    seen: dict[str, set[str]] = {}
    for run in runs:
        for axis, value in run.hyperparameters.items():
            seen.setdefault(axis, set()).add(_shown(value))
    return [axis for axis, values in seen.items() if len(values) > 1 or axis == "learning_rate"]


def _shown(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
