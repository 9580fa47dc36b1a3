"""The driver without any run to make: help, planning, deciding what is missing, and reporting, at up to 10,000 runs."""

from __future__ import annotations

import contextlib
import functools
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from app.layout import PROJECT, BenchmarkFolder
from benchmarks.record import Entry, Line
from benchmarks.sections import Plan
from benchmarks.synthesis import write_benchmark, write_config
from benchmarks.turns import Observation, run_command, take_turns

__all__ = ["measure_driver"]

SIZES = (100, 1_000, 10_000)
QUICKSTART = PROJECT / "config" / "quickstart.yaml"
# seconds that the project has set itself, on two cores
TARGETS: Mapping[str, float] = {
    "help": 0.2,
    "dry run of the quickstart": 0.6,
    "plan, 10,000 runs": 2.0,
    "resume, 10,000 runs, half of them done": 2.0,
    "resume, 10,000 runs, all done": 2.0,
}


def measure_driver(plan: Plan) -> tuple[Line, ...]:
    """Seconds and peak memory of each command; they have no competitor."""
    with tempfile.TemporaryDirectory() as scratch, contextlib.chdir(scratch):
        folder = Path(scratch)
        commands: dict[str, Callable[[], Observation]] = {
            "help": functools.partial(_ask, folder, "--help"),
            "dry run of the quickstart": functools.partial(_ask, folder, "--config", str(QUICKSTART), "--dry-run"),
        }
        for size in SIZES:
            empty, half, full = (folder / f"{name}-{size}.yaml" for name in ("empty", "half", "full"))
            for config in (empty, half, full):
                write_config(config, size)
            write_benchmark(half, every=2)
            write_benchmark(full)
            commands |= {
                f"plan, {size:,} runs": functools.partial(_ask, folder, "--config", str(empty), "--dry-run"),
                f"resume, {size:,} runs, half of them done": functools.partial(
                    _ask, folder, "--config", str(half), "--dry-run"
                ),
                f"resume, {size:,} runs, all done": functools.partial(_ask, folder, "--config", str(full), "--dry-run"),
                f"report, {size:,} runs": functools.partial(_ask, folder, "report", "--config", str(full)),
                f"nothing left to do, {size:,} runs": functools.partial(_ask_again, folder, full),
            }
        seen = take_turns(commands, plan.repeats)
        pages = {size: BenchmarkFolder.of(f"full-{size}").page.stat().st_size for size in SIZES}
    assert max(pages.values()) < 5_000_000, pages  # a page that no browser minds
    return tuple(
        Line(
            name=name,
            unit="s",
            entries=(
                Entry(
                    who="this driver",
                    values=tuple(one.seconds for one in observations),
                    peak_memory_bytes=max(one.peak_memory_bytes for one in observations),
                    target=TARGETS.get(name),
                ),
            ),
        )
        for name, observations in seen.items()
    )


def _ask(folder: Path, *words: str) -> Observation:
    return run_command([sys.executable, str(PROJECT / "app.py"), *words], folder=folder)


def _ask_again(folder: Path, config: Path) -> Observation:
    """The command that makes a benchmark, where all is done and the report is up to date."""
    if not (folder / BenchmarkFolder.of(config.stem).seal).exists():
        _ask(folder, "report", "--config", str(config))
    return _ask(folder, "--config", str(config))
