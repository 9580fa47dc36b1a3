"""Benchmarks of any number of runs on disk, made up: what the driver meets after weeks of runs."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow
import pyarrow.parquet
import yaml

from app.bench.plan import Run, plan_runs
from app.bench.record import write_record
from app.config import load_config
from app.lab.datasets import Examples, load_examples
from app.layout import FINETUNE, BenchmarkFolder
from app.results import Cost, Environment, InferenceCost, Primary, RunResult, Status, write_result

__all__ = ["write_benchmark", "write_config"]

ARCHITECTURES = ("bert-tiny", "albert-tiny", "electra-tiny", "roberta-tiny")
EXAMPLES = 300  # in each predictions.parquet
METRICS = ("accuracy", "f1", "f1_macro", "precision", "recall", "matthews_correlation")
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


def write_config(path: Path, runs: int) -> None:
    """A benchmark file with a grid of `runs` points: four architectures, learning rates, five or fifty seeds.

    Raises:
        ValueError: `runs` is no multiple of 20.
    """
    seeds = 50 if runs % (4 * 50) == 0 else 5
    if runs % (4 * seeds):
        raise ValueError(f"{runs} runs: must be a multiple of 20")
    config = {
        "name": path.stem,
        "task": {"kind": "text-classification", "metric": "accuracy"},
        "dataset": {"path": "builtin/acceptability", "max_length": 32},
        "architectures": list(ARCHITECTURES),
        "hyperparameters": {"learning_rate": [round(1e-5 * n, 8) for n in range(1, runs // (4 * seeds) + 1)]},
        "seeds": list(range(seeds)),
        "tracking": {"mode": "disabled"},
    }
    path.write_text(yaml.safe_dump(config), encoding="utf-8")


def write_benchmark(config: Path, *, every: int = 1) -> BenchmarkFolder:
    """What the report reads of a benchmark of which every n-th run is done, below the current folder.

    Notebooks and pages are left out: neither plan nor report opens one.
    """
    benchmark = load_config(config)
    examples = load_examples(benchmark.dataset)
    template = FINETUNE.read_text(encoding="utf-8")
    runs = plan_runs(benchmark, template_source=template, data_fingerprint=examples.fingerprint, checkpoints={})
    folder = BenchmarkFolder.of(benchmark.name)
    write_record(folder, benchmark, examples.record(), runs, keep=False)
    truth = np.random.default_rng(0).integers(0, 2, EXAMPLES)
    for number, run in enumerate(runs[::every]):
        random = np.random.default_rng(number)
        wrong = random.random(EXAMPLES) < 0.05 + 0.2 * random.random()
        _write_run(run, examples, truth, np.where(wrong, 1 - truth, truth), BEGAN + timedelta(seconds=10 * number))
    return folder


def _write_run(run: Run, examples: Examples, truth: np.ndarray, guessed: np.ndarray, started: datetime) -> None:
    run.folder.path.mkdir(parents=True)
    names = np.array(examples.labels)
    columns = {"id": np.arange(EXAMPLES), "label": names[truth], "prediction": names[guessed]}
    pyarrow.parquet.write_table(pyarrow.table({**columns, "score": np.full(EXAMPLES, 0.9)}), run.folder.predictions)
    value = float((truth == guessed).mean())
    run.folder.history.write_text(_history(value), encoding="utf-8")
    write_result(
        RunResult(
            run_id=run.run_id,
            benchmark=str(run.parameters["benchmark"]),
            status=Status.OK,
            architecture=run.architecture.name,
            family=str(run.architecture.family),
            seed=run.seed,
            hyperparameters=run.hyperparameters,
            primary=Primary(name="accuracy", split="test", value=value, direction="max"),
            metrics={split: dict.fromkeys(METRICS, value) for split in ("validation", "test")},
            cost=Cost(
                parameters=100_000,
                train_seconds=3.0,
                train_samples_per_second=4000.0,
                peak_memory_bytes=600 * 2**20,
                exclusive=True,
                inference=_timings(),
            ),
            dataset=examples.record(ceiling=0.95),
            environment=Environment(python="3.11", torch="made up", transformers="made up", device="cpu", cpu="none"),
            started=started,
            finished=started + timedelta(seconds=9),
        ),
        run.folder.result,
    )


def _history(value: float) -> str:
    epochs: Sequence[int] = range(1, 4)
    rows = (f"{10 * epoch},{epoch},,,{1 - value:.4f},{value - 0.1 / epoch:.4f}" for epoch in epochs)
    return "\n".join(["step,epoch,loss,learning_rate,eval_loss,eval_accuracy", *rows, ""])


def _timings() -> tuple[InferenceCost, ...]:
    return tuple(
        InferenceCost(
            backend="torch",
            batch_size=rows,
            sequence_length=length,
            p50_seconds=1e-4 * rows,
            p95_seconds=2e-4 * rows,
            samples_per_second=1e4,
        )
        for rows, length in itertools.product((1, 32), (16, 64))
    )
