"""Models that earlier runs have kept, as checkpoints: `run:<benchmark>/<run_id>`, or `/best` for the best of them."""

from __future__ import annotations

import math
from difflib import get_close_matches

from app.config import Architecture, Benchmark
from app.errors import CheckpointError
from app.layout import BenchmarkFolder
from app.results import RunResult, Status, read_results
from app.tasks import direction

__all__ = ["resolve_kept"]

PREFIX = "run:"
BEST = "best"  # by validation, of those that have kept a model
_KEEP = "run it with execution.keep_models=true (--force, if it is done already)"


def resolve_kept(benchmark: Benchmark) -> Benchmark:
    """The benchmark with every `run:` checkpoint replaced by the folder it means.

    Raises:
        CheckpointError: there is no such benchmark or run, it has not ended well, or it has kept no model; with a
            line for each architecture.
    """
    problems, resolved = [], []
    for architecture in benchmark.architectures:
        try:
            resolved.append(_resolve(architecture))
        except CheckpointError as error:
            problems.append(f"architectures: {architecture.name}: {error}")
    if problems:
        raise CheckpointError("\n".join(problems))
    return benchmark.model_copy(update={"architectures": tuple(resolved)})


def _resolve(architecture: Architecture) -> Architecture:
    if architecture.checkpoint is None or not architecture.checkpoint.startswith(PREFIX):
        return architecture
    return architecture.model_copy(update={"checkpoint": _find(architecture.checkpoint)})


def _find(checkpoint: str) -> str:
    name, _, run_id = checkpoint.removeprefix(PREFIX).partition("/")
    if not name or not run_id or "/" in run_id or ".." in (name, run_id):
        raise CheckpointError(f"{checkpoint}: give run:BENCHMARK/RUN_ID, or run:BENCHMARK/{BEST}")
    folder = BenchmarkFolder.of(name)
    if not folder.runs.is_dir():
        raise CheckpointError(f"{checkpoint}: there is no {folder.path}; run the benchmark {name} first")
    runs = sorted(path.name for path in folder.runs.iterdir() if path.is_dir())
    if run_id == BEST:
        run_id = _pick_best(checkpoint, folder, runs)
    elif run_id not in runs:
        close = get_close_matches(run_id, runs, n=1)
        hint = f"did you mean {close[0]}?" if close else f"it has {', '.join(runs[:8]) or 'none'}"
        raise CheckpointError(f"{checkpoint}: {folder.runs} has no such run; {hint}")
    run = folder.run(run_id)
    result = read_results([run.result])[0]
    if result is None or result.status is not Status.OK:
        state = "has not ended" if result is None else f"ended as {result.status.value}"
        raise CheckpointError(f"{checkpoint}: that run {state}; run the benchmark {name} again, or name another run")
    if not run.model.is_dir():
        raise CheckpointError(f"{checkpoint}: that run has kept no model; {_KEEP}")
    return str(run.model)


def _pick_best(checkpoint: str, folder: BenchmarkFolder, runs: list[str]) -> str:
    found = read_results([folder.run(run_id).result for run_id in runs])
    kept = [
        (value, run_id)
        for run_id, result in zip(runs, found, strict=True)
        if result and folder.run(run_id).model.is_dir() and math.isfinite(value := _validation(result))
    ]
    if not kept:
        raise CheckpointError(f"{checkpoint}: no run of it has ended well and kept a model; {_KEEP}")
    return min(kept)[1]


def _validation(result: RunResult) -> float:
    """What is smaller the better the run did on validation; nan without a score."""
    if result.primary is None or result.status is not Status.OK:
        return math.nan
    value = result.metrics.get("validation", {}).get(result.primary.name, math.nan)
    return -value if direction(result.primary.name) == "max" else value
