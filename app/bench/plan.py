"""A benchmark as the tuple of its runs, each with an id that says what it is and that nothing else has."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from app.config import Architecture, Benchmark, Dataset, Hyperparameters, settle
from app.layout import BenchmarkFolder, RunFolder
from app.tasks import LANGUAGE

__all__ = ["Run", "plan_runs", "source_parameters"]


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
    benchmark: Benchmark,
    *,
    template_source: str,
    data_fingerprint: str,
    checkpoints: Mapping[str, str],
    folder: BenchmarkFolder | None = None,
) -> tuple[Run, ...]:
    """Every run of the grid, architecture by architecture, in the order of the file.

    A baseline has no learning rate and no seed to vary: it is run once.

    Args:
        benchmark: the validated configuration.
        template_source: the text of the notebook template.
        data_fingerprint: what identifies the data.
        checkpoints: architecture name -> what identifies its weights, for those that start from a checkpoint.
        folder: where the benchmark lies, if it is not by its own name: a member of a suite lies in the suite's.
    """
    folder = folder or BenchmarkFolder.of(benchmark.name)
    template = hashlib.sha256(template_source.encode()).hexdigest()
    carrying_out = {
        "keep_model": benchmark.execution.keep_models or benchmark.tracking.log_model,
        "tracking_mode": benchmark.tracking.mode,
        "tracking_project": benchmark.tracking.project,
        "tracking_entity": benchmark.tracking.entity or "",
        "tracking_tags": list(benchmark.tracking.tags),
        "tracking_folder": str(folder.wandb),
        "tracking_log_model": benchmark.tracking.log_model,
    }
    place = folder.runs
    runs = []
    for architecture in benchmark.architectures:
        shared = _shared_parameters(benchmark, architecture)
        key = _Key(shared, template=template, data=data_fingerprint, checkpoint=checkpoints.get(architecture.name))
        for hyperparameters in _settings(benchmark, architecture):
            digest = key.of_setting(hyperparameters)
            for seed in benchmark.seeds[:1] if architecture.is_baseline else benchmark.seeds:
                run_id = f"{_slug(architecture, hyperparameters, seed)}-{digest(seed)}"
                path = place / run_id
                parameters = {
                    **shared,
                    **hyperparameters,
                    "seed": seed,
                    "benchmark": benchmark.name,
                    "run_id": run_id,
                    "run_folder": str(path),
                    **carrying_out,
                }
                runs.append(Run(run_id, architecture, seed, hyperparameters, parameters, RunFolder(path)))
    return tuple(runs)


def _settings(benchmark: Benchmark, architecture: Architecture) -> list[dict[str, Any]]:
    if architecture.is_baseline:
        return [{}]
    axes = {name: getattr(benchmark.hyperparameters, name) for name in Hyperparameters.model_fields}
    settings = (settle(dict(zip(axes, values, strict=True))) for values in itertools.product(*axes.values()))
    return list({json.dumps(setting, sort_keys=True): setting for setting in settings}.values())


def _shared_parameters(benchmark: Benchmark, architecture: Architecture) -> dict[str, Any]:
    """What can change a figure and is the same for all runs of an architecture.

    A baseline keeps the template's defaults for what it does not use.
    """
    dataset, inference = benchmark.dataset, benchmark.inference
    language = {"vocabulary": dataset.vocabulary or ""} if benchmark.task.kind in LANGUAGE else {}
    labels = {} if benchmark.task.kind in LANGUAGE else {"label_column": dataset.label}
    return {
        "task": benchmark.task.kind,
        "metric": benchmark.task.metric,
        **source_parameters(dataset),
        **labels,
        **language,
        "max_length": dataset.max_length,
        "limit": dataset.limit or 0,
        "architecture": architecture.name,
        "family": architecture.family or "",
        "checkpoint": architecture.checkpoint or "",
        "model_config": dict(architecture.config),
        "inference_batch_sizes": list(inference.batch_sizes),
        "inference_sequence_lengths": list(inference.sequence_lengths),
        **({} if architecture.is_baseline else {"inference_backends": list(inference.backends)}),
    }


def source_parameters(dataset: Dataset) -> dict[str, Any]:
    """Where the examples come from, as every template that reads them is told."""
    files = {} if isinstance(dataset.path, str) else dataset.path.model_dump(mode="json", exclude_defaults=True)
    return {
        "dataset_path": dataset.path if isinstance(dataset.path, str) else "",
        "dataset_files": files,
        "dataset_name": dataset.name or "",
        "dataset_revision": dataset.revision or "",
        "dataset_splits": dataset.splits.model_dump(mode="json", exclude_defaults=True),
        "text_columns": list(dataset.text),
    }


class _Key:
    """What the runs of one architecture depend on, as JSON with sorted keys; what they share is encoded once."""

    # weights and data count by what is in them
    _PLACES = ("dataset_path", "dataset_files", "dataset_splits", "checkpoint")
    _encode = staticmethod(json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode)

    def __init__(self, shared: Mapping[str, Any], *, template: str, data: str, checkpoint: str | None) -> None:
        self._shared = self._members({name: value for name, value in shared.items() if name not in self._PLACES})
        members = self._members({"checkpoint": checkpoint, "data": data, "template": template})
        self._head = f'{{{members["checkpoint"]},{members["data"]},"parameters":'
        self._tail = f",{members['template']}}}"

    def of_setting(self, hyperparameters: Mapping[str, Any]) -> Callable[[int], str]:
        """What gives the eight hex digits of the run with these hyperparameters and a seed."""
        members = {**self._shared, **self._members(hyperparameters), "seed": ""}

        def digest(seed: int) -> str:
            members["seed"] = f'"seed":{seed}'
            text = f"{self._head}{{{','.join(members[name] for name in names)}}}{self._tail}"
            return hashlib.sha256(text.encode()).hexdigest()[:8]

        names = sorted(members)
        return digest

    def _members(self, values: Mapping[str, Any]) -> dict[str, str]:
        return {name: f"{self._encode(name)}:{self._encode(value)}" for name, value in values.items()}


def _slug(architecture: Architecture, hyperparameters: Mapping[str, Any], seed: int) -> str:
    if architecture.is_baseline:
        return architecture.name
    rate = f"{hyperparameters['learning_rate']:.3g}".replace("e-0", "e-")
    usual = {"optimizer": "adamw", "loss": "default", "weight_averaging": "none"}
    unusual = "".join(f"-{hyperparameters[name]}" for name, value in usual.items() if hyperparameters[name] != value)
    return f"{architecture.name}{unusual}-lr{rate}-s{seed}"
