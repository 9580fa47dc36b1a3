"""Hand-made benchmarks of the other kinds of task: those of classes, with other predictions laid over them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pyarrow.parquet

from app.layout import BenchmarkFolder
from tests.records import rewritten
from tests.report.golden import Made, make_benchmark, write_examples

EXAMPLES = 120
WORDS = ("ada", "bell", "went", "to", "rome", "and", "came", "back", "by", "rail")
TEXTS = tuple(" ".join(WORDS[: 3 + row % 8]) for row in range(EXAMPLES))


def make_ratings(folder: Path, runs: Sequence[Made], *, texts: Sequence[str] | None = TEXTS) -> BenchmarkFolder:
    """Numbers from 1 to 5; a model says what is near the middle, the worse it is the nearer."""
    benchmark, random = make_benchmark(folder, runs, examples=EXAMPLES, pages=False), np.random.default_rng(3)
    truth = np.round(1 + 4 * random.random(EXAMPLES), 1)
    for number, run in enumerate(runs):
        noise = np.random.default_rng(number).normal(0, 0.1, EXAMPLES)
        _lay_over(benchmark, run, {"label": truth, "prediction": 3 + run.quality * (truth - 3) + noise})
    if texts is not None:
        write_examples(benchmark, texts, truth)
    return _of_kind(benchmark, "text-regression", "spearman")


def make_entities(folder: Path, runs: Sequence[Made]) -> BenchmarkFolder:
    """Sentences of three words with one person in each; the worse a model, the more of them it misses."""
    benchmark = make_benchmark(folder, runs, examples=EXAMPLES, pages=False)
    for number, run in enumerate(runs):
        found = np.random.default_rng(number).random(EXAMPLES) < run.quality
        found[:3] = False  # that nobody finds
        columns = {
            "label": [["B-PER", "O", "O"]] * EXAMPLES,
            "prediction": [["B-PER", "O", "O"] if hit else ["O", "O", "O"] for hit in found],
            "entities": np.ones(EXAMPLES, dtype=int),
            "predicted": found.astype(int),
            "correct": found.astype(int),
        }
        _lay_over(benchmark, run, columns)
    write_examples(benchmark, TEXTS, ["Ada (PER)"] * EXAMPLES)
    return _of_kind(benchmark, "token-classification", "entity_f1")


def make_lyrics(folder: Path, runs: Sequence[Made], *, tokens: int = 32) -> BenchmarkFolder:
    """Windows of a text; the last of them is the hardest for all."""
    benchmark = make_benchmark(folder, runs, examples=EXAMPLES, pages=False)
    for run in runs:
        losses = np.linspace(1, 3, EXAMPLES) / run.quality
        _lay_over(benchmark, run, {"tokens": np.full(EXAMPLES, 32), "nll": 32 * losses})
    write_examples(benchmark, TEXTS, [""] * EXAMPLES, tokens=[tokens] * EXAMPLES)
    return _of_kind(benchmark, "causal-lm", "perplexity", direction="min")


def _lay_over(benchmark: BenchmarkFolder, run: Made, columns: Mapping[str, Any]) -> None:
    table = pyarrow.table({"id": np.arange(EXAMPLES), **columns})
    pyarrow.parquet.write_table(table, benchmark.run(run.run_id).predictions)


def _of_kind(benchmark: BenchmarkFolder, kind: str, metric: str, direction: str = "max") -> BenchmarkFolder:
    for path in (benchmark.record, *benchmark.runs.glob("*/result.json")):
        document = json.loads(path.read_text())
        document["dataset"] |= {"kind": kind, "labels": [], "noise": None, "ceiling": None}
        if "primary" in document:
            value = document["primary"]["value"]
            value = value if direction == "max" else 1 / value  # the better the model the lower
            document["primary"] |= {"name": metric, "direction": direction, "value": value}
            document["metrics"] = {split: {metric: value} for split in document["metrics"]}
        path.write_text(rewritten(document))
    return benchmark
