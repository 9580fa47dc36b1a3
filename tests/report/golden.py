"""Hand-made benchmarks on disk, in the files that a driver and its runs leave."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pyarrow as arrow
import pyarrow.parquet as parquet
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from app.layout import BenchmarkFolder
from app.report.page.pages import render_page
from app.results import (
    BackendRecord,
    Cost,
    DatasetRecord,
    Environment,
    InferenceCost,
    Primary,
    RunFailure,
    RunResult,
    Status,
    write_result,
)

MACHINE = Environment(
    python="3.11.2", torch="2.13.0", transformers="5.23.0", device="cpu", cpu="2 cores", git="1a2b3c4"
)
SHAPES = ((1, 16), (1, 32), (32, 16), (32, 32))
SPEED = {"torch": 1.0, "torch-bf16": 1.3, "torch-compile": 1.6, "onnxruntime": 2.2, "onnxruntime-int8": 3.1}
START = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Made:
    """One run to be made up: how good it is, and how it ended."""

    architecture: str
    family: str = "bert"
    seed: int = 0
    hyperparameters: Mapping[str, Any] | None = None
    quality: float = 0.9  # probability of a right prediction
    parameters: int = 4_386_000
    status: str = "ok"  # or failed, timeout, killed, missing
    error: RunFailure | None = None
    exclusive: bool = True
    training_exclusive: bool = True
    validation: float | None = None  # instead of the quality
    divergent: str | None = None
    truncated: tuple[int, int, int] | None = None  # of the reported split: rows, tokens, tokens before
    environment: Environment = MACHINE
    checkpoint: str | None = None
    metrics: Mapping[str, Mapping[str, float]] | None = None  # split -> further metrics
    backends: Sequence[str] = ("torch",)  # of SPEED; torch-compile is not available
    shapes: Sequence[tuple[int, int]] = SHAPES
    energy: float | None = None  # joules of the training
    model_bytes: int | None = None  # instead of four for each parameter
    train_seconds: float | None = None
    latency: float | None = None  # of plain torch, one row of no length, in seconds

    @property
    def settings(self) -> dict[str, Any]:
        if self.family in ("majority", "tfidf-logreg"):
            return {}
        return {"learning_rate": 0.001, "epochs": 3, "batch_size": 32, **(self.hyperparameters or {})}

    @property
    def run_id(self) -> str:
        rate = self.settings.get("learning_rate")
        others = {name: value for name, value in (self.hyperparameters or {}).items() if name != "learning_rate"}
        further = "".join(f"-{re.sub('[^a-z0-9]+', '', str(value).lower())}" for value in others.values())
        return f"{self.architecture}{further}-lr{rate}-s{self.seed}" if rate else self.architecture


def make_benchmark(
    folder: Path,
    runs: Sequence[Made],
    *,
    labels: Sequence[str] = ("unacceptable", "acceptable"),
    examples: int = 600,
    split: str = "test",
    ceiling: float | None = 0.94,
    question: str = "Is this sentence acceptable English?",
    name: str = "golden",
    pages: bool = True,
    data: Mapping[str, Any] | None = None,
    validation_from_train: bool = False,
    texts: Sequence[str] | None = None,
) -> BenchmarkFolder:
    """Write a benchmark of these runs into `folder`, predictions included; seeded, so the same each time.

    `data` is the part of the configuration that is about the data set. `texts` are given out in turn; without any, no
    examples were kept, as before there were any to keep. Each has a `topic`, of which there are three.
    """
    benchmark = BenchmarkFolder(folder)
    folder.mkdir(parents=True, exist_ok=True)
    truth = np.random.default_rng(1).integers(0, len(labels), examples)
    difficulty = np.random.default_rng(2).random(examples)
    dataset = DatasetRecord(
        path="builtin/acceptability",
        fingerprint="9f2c4a17",
        rows={"train": 2400, "validation": 300, **({"test": examples} if split == "test" else {})},
        labels=tuple(labels),
        validation_from_train=validation_from_train,
        question=question,
        description="Sentences from a small grammar, half of them broken in one place.",
        noise=None if ceiling is None else round(1 - ceiling, 3),
        ceiling=ceiling,
    )
    if texts is not None:
        chosen = [texts[row % len(texts)] for row in range(examples)]
        write_examples(
            benchmark, chosen, [labels[code] for code in truth], fingerprint=dataset.fingerprint, split=split
        )
    for number, run in enumerate(runs):
        if run.status == "missing":
            continue
        here = benchmark.run(run.run_id)
        here.path.mkdir(parents=True, exist_ok=True)
        ok = run.status == "ok"
        value = _write_predictions(here.predictions, run, labels, truth, difficulty, number) if ok else 0.0
        if ok and run.settings:
            _write_history(here.history, run)
        write_result(_result(run, name, value, split, dataset, number), here.result)
        if pages:
            _write_page(here.notebook, here.page, run)
    document = {
        "schema": 1,
        "name": name,
        "config": {
            "name": name,
            "task": {"kind": "text-classification", "metric": "accuracy"},
            "dataset": dict(data or {"path": "builtin/acceptability"}),
            "seeds": [0, 1],
        },
        "dataset": {**dataset.model_dump(mode="json"), "ceiling": None},  # known only once a run has scored
        "runs": [
            {
                "run_id": run.run_id,
                "architecture": run.architecture,
                "seed": run.seed,
                "hyperparameters": run.settings,
                "baseline": not run.settings,
            }
            for run in runs
        ],
        "written": START.isoformat(),
        "version": "0.1.0",
    }
    benchmark.record.write_text(json.dumps(document), encoding="utf-8")
    return benchmark


def write_examples(
    folder: BenchmarkFolder,
    texts: Sequence[str],
    labels: Sequence[Any],
    *,
    fingerprint: str = "9f2c4a17",
    split: str = "test",
    **columns: Sequence[Any],
) -> None:
    """The examples as a kernel keeps them; `columns` are laid over those that there are."""
    table = {
        "id": np.arange(len(texts)),
        "text": list(texts),
        "label": list(labels),
        "words": [len(text.split()) for text in texts],
        "slice.topic": [("north", "south", "sea")[row % 7 % 3] for row in range(len(texts))],
        **columns,
    }
    known = {"fingerprint": fingerprint, "split": split}
    parquet.write_table(arrow.table(table).replace_schema_metadata(known), folder.examples)


def realistic() -> list[Made]:
    """22 runs: five transformers at two learning rates with two seeds, and two baselines."""
    models = (
        ("deberta-tiny", "deberta-v2", 0.915, 9_600_000),
        ("bert-tiny", "bert", 0.905, 4_386_000),
        ("albert-tiny", "albert", 0.908, 3_100_000),
        ("electra-tiny", "electra", 0.88, 5_200_000),
        ("modernbert-tiny", "modernbert", 0.86, 7_900_000),
    )
    runs = [
        Made(architecture="majority", family="majority", quality=0.52, parameters=2),
        Made(architecture="tfidf-logreg", family="tfidf-logreg", quality=0.74, parameters=3_214),
    ]
    for name, family, quality, parameters in models:
        for rate in (0.0003, 0.001):
            for seed in (0, 1):
                shift = -0.02 * (rate == 0.0003) + (0.013 if seed == len(name) % 2 else -0.004)
                made = Made(
                    architecture=name,
                    family=family,
                    seed=seed,
                    parameters=parameters,
                    quality=quality + shift,
                    backends=tuple(SPEED) if name in ("bert-tiny", "albert-tiny") else ("torch",),
                )
                runs.append(replace(made, hyperparameters={"learning_rate": rate}))
    return runs


def _write_predictions(path: Path, run: Made, labels: Sequence[str], truth: Any, difficulty: Any, number: int) -> float:
    random = np.random.default_rng(100 + number)
    # right on the easier examples, with some luck: so models agree with each other as they do in life
    hardness = 0.75 * difficulty + 0.25 * random.random(len(truth))
    right = hardness <= np.quantile(hardness, run.quality)
    guess = np.where(right, truth, (truth + 1 + random.integers(0, max(1, len(labels) - 1), len(truth))) % len(labels))
    if len(labels) == 1:
        guess = truth
    scores = np.full((len(truth), len(labels)), 0.1 / len(labels))
    scores[np.arange(len(truth)), guess] += 0.9
    table = arrow.table(
        {
            "id": arrow.array(np.arange(len(truth))),
            "label": [labels[code] for code in truth],
            "prediction": [labels[code] for code in guess],
            "score": scores.max(axis=1),
            "scores": list(scores),
        }
    )
    parquet.write_table(table, path)
    return float((guess == truth).mean())


def _write_history(path: Path, run: Made) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["step", "epoch", "loss", "learning_rate", "eval_loss", "eval_accuracy"])
        for epoch in range(1, run.settings["epochs"] + 1):
            writer.writerow([epoch * 16, epoch - 0.5, 0.7 / epoch, 0.001, "", ""])
            value = run.quality - 0.2 / epoch**2 + 0.01 * np.sin(3 * epoch + run.seed)
            writer.writerow([epoch * 16, epoch, "", "", 0.5 / epoch, value])


def _result(run: Made, name: str, value: float, split: str, dataset: DatasetRecord, number: int) -> RunResult:
    ok = run.status == "ok"
    small = run.family in ("majority", "tfidf-logreg")
    base = run.latency or (2e-5 if small else 1.1e-3 + run.parameters * 1e-10)
    timings = tuple(
        _timing("sklearn" if small else backend, base / SPEED[backend], batch, length)
        for backend in (run.backends[:1] if small else run.backends)
        if backend != "torch-compile"
        for batch, length in run.shapes
    )
    cost = Cost(
        parameters=run.parameters,
        model_bytes=run.model_bytes or run.parameters * (8 if small else 4),
        train_seconds=run.train_seconds or (0.01 if small else 6.2 + run.parameters * 3e-7),
        train_samples_per_second=90_000 if small else 740 - run.parameters * 3e-5,
        peak_memory_bytes=480 * 2**20 + run.parameters * 16,
        exclusive=run.exclusive,
        training_exclusive=run.training_exclusive,
        inference=timings,
        backends=() if small or len(run.backends) < 2 else tuple(map(_backend, run.backends)),
        flops_per_example=None if small else 14 * run.parameters,
        tokens_per_example=None if small else 12,
        matrix_limit_flops=None if small else 2.3e11,
        stage_peak_memory_bytes={"training": 480 * 2**20, "inference": 410 * 2**20},
        energy_joules={} if run.energy is None else {"training": run.energy, "inference": run.energy / 4},
        energy_sources=() if run.energy is None else ("processor",),
    )
    started = START + timedelta(seconds=20 * number)
    metrics: dict[str, dict[str, float]] = {}
    if ok:
        metrics = {split: {"accuracy": value}}
        metrics["validation"] = {"accuracy": run.quality if run.validation is None else run.validation}
        for part, further in (run.metrics or {}).items():
            metrics[part] = {**metrics.get(part, {}), **further}
    return RunResult(
        run_id=run.run_id,
        benchmark=name,
        status=Status(run.status),
        error=run.error if not ok else None,
        architecture=run.architecture,
        family=run.family,
        checkpoint=run.checkpoint,
        seed=run.seed,
        hyperparameters=run.settings,
        primary=Primary(name="accuracy", split=split, value=value, direction="max") if ok else None,  # type: ignore[arg-type]
        metrics=metrics,
        cost=cost if ok else None,
        dataset=dataset,
        environment=run.environment,
        divergent=run.divergent,
        truncated={split: dict(zip(("rows", "tokens", "of_tokens"), run.truncated, strict=True))}  # type: ignore[dict-item]
        if run.truncated
        else {},
        started=started,
        finished=started + timedelta(seconds=0.4 if small else 9.7),
    )


def _timing(backend: str, base: float, batch: int, length: int) -> InferenceCost:
    median = base * (1 + batch * length / 200)
    return InferenceCost(
        backend=backend,
        batch_size=batch,
        sequence_length=length,
        p50_seconds=median,
        p90_seconds=1.2 * median,
        p95_seconds=base * (1.3 + batch * length / 180),
        p99_seconds=2 * median,
        samples_per_second=batch / median,
        repeats=120,
        median_low_seconds=0.98 * median,
        median_high_seconds=1.05 * median,
        settled=backend != "torch-bf16",
        mfu=None if backend in ("sklearn", "onnxruntime-int8") else min(0.6, batch * length / 4000),
    )


def _backend(name: str) -> BackendRecord:
    if name == "torch-compile":
        return BackendRecord(
            name=name, available=False, reason="InvalidCxxCompiler: no C++ compiler is on this machine"
        )
    return BackendRecord(
        name=name,
        available=True,
        made=f"made for {name}",
        rows=200,
        agreement=1.0 if name == "torch" else 0.985,
        largest_logit_difference=0.0 if name == "torch" else 0.0312,
        score=0.9,
        size_bytes=None if name.startswith("torch") else 18_000_000,
    )


def _write_page(notebook: Path, page: Path, run: Made) -> None:
    nodes = [
        new_markdown_cell(f"# Fine-tuning {run.architecture}\n\nHow well does it do?"),
        new_code_cell("run_summary", outputs=[new_output("stream", name="stdout", text=f"quality {run.quality}\n")]),
    ]
    nbformat.write(new_notebook(cells=nodes), notebook)
    render_page(notebook, page, title=run.run_id, home="../../index.html")
