"""What the commands print: the plan before the runs, the leaderboard after them, the table of architectures."""

from __future__ import annotations

import functools
import json
import math
import shlex
import shutil
import sys
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from app.bench.plan import Run
from app.bench.resume import estimate_seconds
from app.config import KnownArchitecture
from app.layout import BenchmarkFolder, SuiteFolder
from app.report.statistics.leaderboard import Row, rank
from app.results import RunResult

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from app.search.sweep import Sweep
    from app.trials import SearchRecord

__all__ = [
    "console",
    "new_table",
    "print_architectures",
    "print_changes",
    "print_damage",
    "print_leaderboard",
    "print_member",
    "print_plan",
    "print_search",
    "print_space",
    "print_suite",
    "print_sync_hint",
    "print_trial",
]

ESSENTIAL = 3  # columns of the table of architectures that are shown on a screen of any width
ROWS = 40  # of a plan, and of a leaderboard, on a screen; a file or a pipe gets the plan whole


@functools.cache
def console() -> Console:
    """The terminal; where the output is none, lines as long as they need to be."""
    from rich.console import Console

    terminal = Console()
    return terminal if terminal.is_terminal else Console(width=200)


def print_plan(runs: Sequence[Run], done: Mapping[str, RunResult], workers: int) -> None:
    """Print a line a run, what is done already, and an estimate of the time for the rest.

    Plain text, which takes no time at 10,000 runs. On a screen the first `ROWS` of them; into a pipe or a file all.
    """
    varied = _varied_axes(runs)
    shown = runs[:ROWS] if sys.stdout.isatty() else runs
    lines = [("run", "architecture", *varied, "seed", "state")]
    for run in shown:
        values = (_shown(run.hyperparameters.get(axis, "")) for axis in varied)
        seed = "" if run.architecture.is_baseline else str(run.seed)
        lines.append((run.run_id, run.architecture.name, *values, seed, "done" if run.run_id in done else "to do"))
    text = _aligned(lines)
    if len(shown) < len(runs):
        text.append(f"and {len(runs) - len(shown):,} more; all are listed where the output is no screen: ... | less")
    to_do = sum(run.run_id not in done for run in runs)
    seconds = estimate_seconds(runs, done, workers) if to_do else None
    length = f", about {timedelta(seconds=round(seconds))}" if seconds is not None else ""
    text.append(f"{len(runs)} runs, {len(runs) - to_do} done, {to_do} to do{length}")
    sys.stdout.write("\n".join(text) + "\n")


def print_damage(damaged: Mapping[str, str]) -> None:
    """Name each run whose record is there and does not count, why, and what becomes of it."""
    for run_id, reason in damaged.items():
        console().print(f"{run_id}: {reason}; it does not count, and is run again", style="yellow", markup=False)


def print_architectures(entries: Collection[KnownArchitecture]) -> None:
    """Print an entry a line; on a screen as many columns as it is wide, into a pipe or a file all."""
    lines = [("name", "family", "checkpoint", "parameters", "licence", "paper", "safetensors")]
    for entry in entries:
        from_where = entry.checkpoint or ("baseline" if entry.is_baseline else "from scratch")
        size = f"{entry.parameters:,}" if entry.parameters else ""
        has_safetensors = {True: "yes", False: "no", None: ""}[entry.safetensors]
        facts = (size, entry.licence or "", entry.paper or "", has_safetensors)
        lines.append((entry.name, entry.family or "", from_where, *facts))
    shown = len(lines[0])
    text = _aligned(lines)
    if sys.stdout.isatty():
        width = shutil.get_terminal_size().columns
        while shown > ESSENTIAL and max(map(len, text)) > width:
            shown -= 1
            text = _aligned([line[:shown] for line in lines])
    if left_out := lines[0][shown:]:
        text.append(f"no room for {', '.join(left_out)}; all columns: python app.py architectures | less -S")
    sys.stdout.write("\n".join(text) + "\n")


def print_leaderboard(results: Collection[RunResult], page: Path) -> None:
    """Print the architectures by score, best first, and where the page is."""
    rows = rank(list(results))
    scored = next((result.primary for row in rows for result in row.runs if result.primary), None)
    score = f"{scored.split} {scored.name}" if scored else "score"
    table = new_table("", "architecture", score, "seeds", "parameters", "train s", "p50 ms", "")
    for column in table.columns[2:7]:
        column.justify = "right"
    for row in rows[:ROWS]:
        table.add_row(*_cells(row))
    console().print()
    console().print(table)
    if len(rows) > ROWS:
        console().print(f"and {len(rows) - ROWS:,} more architectures, which the report has", highlight=False)
    console().print(f"report: {page}", highlight=False, soft_wrap=True)


def print_trial(result: RunResult, folder: BenchmarkFolder, config: Path, overrides: Sequence[str]) -> None:
    """Print how one run of a sweep ended, where it lies, and how to make the report of all of them."""
    named = "".join(f" --set {shlex.quote(words)}" for words in overrides)
    score, failed = result.primary, result.error
    told = f"{score.split} {score.name} {score.value:.3f}" if score else failed.message if failed else ""
    words = f"{result.run_id}: {result.status}, {told}\n{folder.run(result.run_id).path}\n"
    sys.stdout.write(f"{words}the report of all runs so far: python app.py report --config {config}{named}\n")


def print_changes(folder: BenchmarkFolder, page: Path) -> list[str]:
    """Print what comparison.json in `folder` says, and where the page is; returns the names of the regressions."""
    document = json.loads(folder.changes.read_text(encoding="utf-8"))
    from rich.markup import escape

    table = new_table("architecture", "before", "now", "better by", "p", "")
    for column in table.columns[1:5]:
        column.justify = "right"
    for change in document["changes"]:
        scores = ("-" if change[name] is None else f"{change[name]:.3f}" for name in ("before", "after"))
        gain, p_value = change["better_by"], change["adjusted_p_value"]
        told = ("-", "-") if gain is None else (f"{gain:+.3f}", f"{p_value:.3f}")
        table.add_row(escape(change["architecture"]), *scores, *told, change["verdict"])
    console().print(table)
    console().print(f"report: {page}", highlight=False, soft_wrap=True)
    return [str(name) for name in document["regressions"]]


def print_member(name: str, members: int) -> None:
    """Print which of a suite's benchmarks comes next."""
    sys.stdout.write(f"\n{name}, of {members} benchmarks\n")


def print_space(sweep: Sweep, trials: tuple[Sequence[Run], Mapping[str, RunResult]]) -> None:
    """Print what is searched and how, then the first trials: a grid's all, of others those that can be foreseen."""
    from app.search.draws import describe_sampler

    lines = [("parameter", "distribution", "of")]
    for axis in sweep.describe_space():
        fields = ", ".join(f"{name} {_listed(value)}" for name, value in axis.fields.items())
        lines.append((axis.name, axis.distribution, fields))
    cap = f", at most {sweep.run_cap} trials" if sweep.run_cap else ""
    head = f"{sweep.name}: {sweep.goal} {sweep.metric_name}; {describe_sampler(sweep.method)}{cap}"
    rule = sweep.early_terminate
    bands = f"; compared after {', '.join(map(str, rule.bands[:4]))} ... epochs" if rule else ""
    sys.stdout.write("\n".join([head + bands, *_aligned(lines), "", ""]))
    if trials[0]:
        print_plan(*trials, sweep.benchmark.execution.workers or 1)
    else:
        sys.stdout.write("nothing is left to try\n")


def print_search(record: SearchRecord, folder: BenchmarkFolder) -> None:
    """Print how many trials there are, the best of them, and where the page is."""
    from rich.markup import escape

    states = ("complete", "stopped", "failed", "running", "waiting")
    counts = {state: sum(trial.state == state for trial in record.trials) for state in states}
    words = {"stopped": "stopped early"}
    told = ", ".join(f"{number} {words.get(state, state)}" for state, number in counts.items() if number)
    console().print(f"\n{len(record.trials)} trials: {told or 'none'}", highlight=False)
    best = record.best
    if best is not None:
        values = ", ".join(f"{axis.name} {_shown(best.values.get(axis.name))}" for axis in record.searched)
        line = f"best: {record.metric} {best.value:.4g} with {values}  ({best.run_id})"
        console().print(escape(line), highlight=False, soft_wrap=True)
    console().print(f"search: {folder.search_page}", highlight=False, soft_wrap=True)
    console().print(f"report: {folder.page}", highlight=False, soft_wrap=True)


def print_suite(folder: SuiteFolder) -> None:
    """Print architectures by tasks with the average, best first, and where the page is."""
    from app.report.page.wording import points  # numpy comes with it, which no other command needs
    from app.report.statistics.average import average_suite
    from app.report.suites import read_suite

    suite = read_suite(folder)
    table = new_table("", "architecture", "average", *(member.name for member in suite.members))
    for column in table.columns[2:]:
        column.justify = "right"
    for overall in average_suite(suite)[:ROWS]:
        scores = (points(task.score) for task in overall.tasks)
        table.add_row(str(overall.position or ""), overall.architecture, points(overall.average), *scores)
    console().print()
    console().print(table)
    console().print(f"report: {folder.page}", highlight=False, soft_wrap=True)


def print_sync_hint(results: Collection[RunResult], folder: BenchmarkFolder | SuiteFolder) -> None:
    """Say how to upload W&B runs that were kept offline, if there are any."""
    offline = sum(1 for result in results if result.wandb is not None and result.wandb.mode == "offline")
    if offline:
        words = f"{offline} W&B runs are kept in {folder.wandb}; to upload what is not sent yet: make sync"
        console().print(words, highlight=False, soft_wrap=True)


def _cells(row: Row) -> tuple[str, ...]:
    from rich.markup import escape

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


def new_table(*headings: str) -> Table:
    """An empty table of the house's form, with a column for each heading."""
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in headings:
        table.add_column(heading, no_wrap=True)
    return table


def _aligned(lines: Sequence[tuple[str, ...]]) -> list[str]:
    """Rows of cells as lines of text, each column as wide as its widest cell."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    form = "  ".join(f"{{:<{width}}}" for width in widths)
    return [form.format(*line).rstrip() for line in lines]


def _varied_axes(runs: Sequence[Run]) -> list[str]:
    seen: dict[str, set[str]] = {}
    for setting in {id(run.hyperparameters): run.hyperparameters for run in runs}.values():  # the seeds share one
        for axis, value in setting.items():
            seen.setdefault(axis, set()).add(_shown(value))
    return [axis for axis, values in seen.items() if len(values) > 1 or axis == "learning_rate"]


def _listed(value: object) -> str:
    return ", ".join(map(_shown, value)) if isinstance(value, list) else _shown(value)


def _shown(value: object) -> str:
    if isinstance(value, Mapping):
        return " ".join(f"{name}={_shown(inner)}" for name, inner in value.items()) or "-"
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)
