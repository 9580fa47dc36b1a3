"""Twelve tiny runs of one notebook: by this driver, by a loop over papermill's command line, by a loop of scripts."""

from __future__ import annotations

import functools
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import jupytext
import nbformat
import yaml

from app.bench.plan import plan_runs
from app.config import load_config
from app.layout import CACHE_VARIABLE, FINETUNE, PROJECT, BenchmarkFolder
from app.results import read_results
from benchmarks.record import Entry, Line
from benchmarks.sections import Plan
from benchmarks.turns import CommandError, Observation, run_command, take_turns

__all__ = ["measure_grid", "write_grid"]

LOOPS = PROJECT / "benchmarks" / "competitors"
OURS = "this driver"
WORKERS = "this driver, two workers"
Environment = Mapping[str, str]


def measure_grid(plan: Plan) -> tuple[Line, ...]:
    """Seconds for all runs, without and with this driver's report: the loops make none."""
    rates, seeds = ((1e-3, 2e-3), 2) if plan.quick else ((1e-3, 2e-3, 4e-3), 4)
    with tempfile.TemporaryDirectory() as scratch:
        grid = functools.partial(_run, Path(scratch), rates=rates, seeds=seeds)
        competitors: dict[str, Callable[[], Observation]] = {
            OURS: functools.partial(grid, _driver),
            WORKERS: functools.partial(grid, functools.partial(_driver, workers=2)),
            "loop over the papermill command line": functools.partial(grid, _papermill_loop),
            "loop of fresh Python scripts": functools.partial(grid, _script_loop),
        }
        # all of them import the same: the first shall not be the one that brings it from the disk
        run_command([sys.executable, "-m", "app.bench.forkserver"], folder=PROJECT)
        seen = take_turns(competitors, plan.repeats)
    ours = {who: seen.pop(who) for who in (OURS, WORKERS)}
    name = f"{len(rates) * seeds} runs of bert-tiny"
    loops = [_entry(who, observations, [one.seconds for one in observations]) for who, observations in seen.items()]
    without = [_entry(who, of, [float(one.said["runs_seconds"]) for one in of]) for who, of in ours.items()]
    complete = [_entry(who, of, [one.seconds for one in of]) for who, of in ours.items()]
    return (
        Line(name=f"{name}, until all have ended", unit="s", entries=(*without, *loops)),
        Line(name=f"{name}, our report included", unit="s", entries=(*complete, *loops)),
    )


def _entry(who: str, observations: Sequence[Observation], seconds: Sequence[float]) -> Entry:
    peak = max(observation.peak_memory_bytes for observation in observations)
    return Entry(who=who, values=tuple(seconds), peak_memory_bytes=peak)


def write_grid(folder: Path, rates: tuple[float, ...], seeds: int) -> None:
    """Write what the competitors are to run: config, template, and per run parameters and a script of the same cells.

    Tracking is off for all of them. The scripts are the template's code with the parameters set; they show nothing.
    """
    config = {
        "name": "grid",
        "task": {"kind": "text-classification", "metric": "accuracy"},
        "dataset": {"path": "builtin/acceptability", "max_length": 32, "limit": 256},
        "architectures": ["bert-tiny"],
        "hyperparameters": {"learning_rate": list(rates), "epochs": 1},
        "seeds": list(range(seeds)),
        "inference": {"batch_sizes": [1], "sequence_lengths": [16]},
        "tracking": {"mode": "disabled"},
    }
    for name in ("parameters", "scripts"):
        (folder / name).mkdir(parents=True)
    (folder / "grid.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    nbformat.write(jupytext.read(FINETUNE), folder / "template.ipynb")
    template = FINETUNE.read_text(encoding="utf-8")
    runs = plan_runs(load_config(folder / "grid.yaml"), template_source=template, data_fingerprint="", checkpoints={})
    for run in runs:
        own = {**run.parameters, "run_folder": str(folder / "runs" / run.run_id)}
        (folder / "parameters" / f"{run.run_id}.yaml").write_text(yaml.safe_dump(own), encoding="utf-8")
        script = _with_parameters(jupytext.read(FINETUNE), own)
        jupytext.write(script, folder / "scripts" / f"{run.run_id}.py", fmt="py:percent")


def _with_parameters(notebook: Any, parameters: Mapping[str, Any]) -> Any:
    place = next(place for place, cell in enumerate(notebook.cells) if "parameters" in cell.metadata.get("tags", ()))
    source = "\n".join(f"{name} = {value!r}" for name, value in parameters.items())
    notebook.cells.insert(place + 1, nbformat.v4.new_code_cell(source))
    return notebook


def _run(
    scratch: Path,
    competitor: Callable[[Path, Environment], tuple[Observation, Path]],
    *,
    rates: tuple[float, ...],
    seeds: int,
) -> Observation:
    """A competitor over the grid, in an empty folder and with an empty cache of the project's own."""
    folder = scratch / "grid"
    shutil.rmtree(folder, ignore_errors=True)
    write_grid(folder, rates, seeds)
    observation, runs = competitor(folder, {CACHE_VARIABLE: str(folder / "cache"), "PYTHON": sys.executable})
    ended = [result for result in read_results(sorted(runs.glob("*/result.json"))) if result and result.status == "ok"]
    if len(ended) != len(rates) * seeds:
        raise CommandError(f"{len(ended)} of {len(rates) * seeds} runs have a result that is whole")
    return observation


def _driver(folder: Path, environment: Environment, workers: int = 1) -> tuple[Observation, Path]:
    config = folder / "grid.yaml"
    config.touch()  # on the clock of the files themselves
    words = [sys.executable, str(PROJECT / "app.py"), "--config", "grid.yaml", "--workers", str(workers)]
    observation = run_command(words, folder=folder, environment=environment)
    runs = folder / BenchmarkFolder.of("grid").runs
    last = max(page.stat().st_mtime for page in runs.glob("*/notebook.html"))  # a run's page is written last
    said = {"runs_seconds": last - config.stat().st_mtime}
    return Observation(observation.seconds, observation.peak_memory_bytes, said), runs


def _papermill_loop(folder: Path, environment: Environment) -> tuple[Observation, Path]:
    words = ["sh", str(LOOPS / "papermill_loop.sh"), str(folder)]
    return run_command(words, folder=PROJECT, environment=environment), folder / "runs"


def _script_loop(folder: Path, environment: Environment) -> tuple[Observation, Path]:
    words = ["sh", str(LOOPS / "script_loop.sh"), str(folder)]
    return run_command(words, folder=PROJECT, environment=environment), folder / "runs"
