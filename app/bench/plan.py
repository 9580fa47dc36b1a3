"""A benchmark as the tuple of its runs, each with an id that says what it is and that nothing else has."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.config import Architecture, Benchmark, Hyperparameters
from app.layout import BenchmarkFolder, RunFolder

__all__ = ["Run", "plan_runs"]


@dataclass(frozen=True)
class Run:
    """One (architecture, hyperparameters, seed), and the notebook parameters that carry it out."""

    run_id: str
    architecture: Architecture
    seed: int
    hyperparameters: Mapping[str, Any]
    parameters: Mapping[str, Any]
    folder: RunFolder


def plan_runs(
    benchmark: Benchmark, *, template_source: str, data_fingerprint: str, checkpoints: Mapping[str, str]
) -> tuple[Run, ...]:
    """Every run of the grid, architecture by architecture, in the order of the file.

    A baseline has no learning rate and no seed to vary: it is run once.

    Args:
        benchmark: the validated configuration.
        template_source: the text of the notebook template.
        data_fingerprint: what identifies the data.
        checkpoints: architecture name -> what identifies its weights, for those that start from a checkpoint.
    """
    folder = BenchmarkFolder.of(benchmark.name)
    runs = []
    for architecture, hyperparameters, seed in _grid(benchmark):
        science = _science_parameters(benchmark, architecture, hyperparameters, seed)
        key = {
            "template": hashlib.sha256(template_source.encode()).hexdigest(),
            # weights and data are identified by what is in them, wherever they lie
            "parameters": {name: value for name, value in science.items() if name not in _PLACES},
            "checkpoint": checkpoints.get(architecture.name),
            "data": data_fingerprint,
        }
        run_id = f"{_slug(architecture, hyperparameters, seed)}-{_digest(key)}"
        run_folder = folder.run(run_id)
        parameters = {
            **science,
            "benchmark": benchmark.name,
            "run_id": run_id,
            "run_folder": str(run_folder.path),
            "keep_model": benchmark.execution.keep_models,
            "tracking_mode": benchmark.tracking.mode,
            "tracking_project": benchmark.tracking.project,
            "tracking_entity": benchmark.tracking.entity or "",
            "tracking_tags": list(benchmark.tracking.tags),
            "tracking_folder": str(folder.wandb),
        }
        runs.append(Run(run_id, architecture, seed, hyperparameters, parameters, run_folder))
    return tuple(runs)


_PLACES = ("dataset_path", "dataset_files", "checkpoint")


def _grid(benchmark: Benchmark) -> Iterator[tuple[Architecture, dict[str, Any], int]]:
    axes = {name: getattr(benchmark.hyperparameters, name) for name in Hyperparameters.model_fields}
    combinations = [dict(zip(axes, values, strict=True)) for values in itertools.product(*axes.values())]
    for architecture in benchmark.architectures:
        if architecture.is_baseline:
            yield architecture, {}, benchmark.seeds[0]
            continue
        for hyperparameters, seed in itertools.product(combinations, benchmark.seeds):
            yield architecture, hyperparameters, seed


def _science_parameters(
    benchmark: Benchmark, architecture: Architecture, hyperparameters: Mapping[str, Any], seed: int
) -> dict[str, Any]:
    """The parameters that can change a figure; a baseline keeps the template's defaults for what it does not use."""
    dataset, inference = benchmark.dataset, benchmark.inference
    files = {} if isinstance(dataset.path, str) else dataset.path.model_dump(mode="json", exclude_none=True)
    return {
        "metric": benchmark.task.metric,
        "dataset_path": dataset.path if isinstance(dataset.path, str) else "",
        "dataset_files": files,
        "dataset_name": dataset.name or "",
        "dataset_revision": dataset.revision or "",
        "text_columns": list(dataset.text),
        "label_column": dataset.label,
        "max_length": dataset.max_length,
        "limit": dataset.limit or 0,
        "architecture": architecture.name,
        "family": architecture.family or "",
        "checkpoint": architecture.checkpoint or "",
        "model_config": dict(architecture.config),
        **hyperparameters,
        "seed": seed,
        "inference_batch_sizes": list(inference.batch_sizes),
        "inference_sequence_lengths": list(inference.sequence_lengths),
        **({} if architecture.is_baseline else {"inference_backends": list(inference.backends)}),
    }


def _slug(architecture: Architecture, hyperparameters: Mapping[str, Any], seed: int) -> str:
    if architecture.is_baseline:
        return architecture.name
    rate = f"{hyperparameters['learning_rate']:.3g}".replace("e-0", "e-")
    return f"{architecture.name}-lr{rate}-s{seed}"


def _digest(key: Mapping[str, Any]) -> str:
    text = json.dumps(key, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:8]
