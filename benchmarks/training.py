"""Rows a second in training: this project's defaults, Trainer's defaults, and the settings of run_glue.py."""

from __future__ import annotations

import functools
import statistics

from benchmarks.record import Entry, Line
from benchmarks.sections import Plan, run_competitor
from benchmarks.turns import take_turns
from benchmarks.workloads import Workload, make_texts, training_flops

__all__ = ["measure_training"]

COMPETITORS = {
    "this project": "ours_training",
    "Trainer, defaults": "trainer_defaults",
    "run_glue.py, settings": "run_glue_settings",
}
# Rows enough for batches of similar length to form, few enough for a slow machine; those who pad are timed for some
# batches only.
WORKLOADS = (
    Workload("minilm-l6", "short", rows=1024, steps=8),
    Workload("minilm-l6", "mixed", rows=512, steps=6),
    Workload("minilm-l6", "full", rows=128, steps=4),
    Workload("bert-base", "short", rows=512, steps=3),
    Workload("bert-base", "mixed", rows=192, steps=2),
    Workload("bert-base", "full", rows=64, steps=2),
)
QUICK = (
    Workload("minilm-l6", "short", rows=384, steps=3),
    Workload("minilm-l6", "full", rows=64, steps=2),
)


def measure_training(plan: Plan) -> tuple[Line, ...]:
    """A line for each model and shape."""
    return tuple(_measure(workload, plan) for workload in (QUICK if plan.quick else WORKLOADS))


def _measure(workload: Workload, plan: Plan) -> Line:
    runs = {who: functools.partial(run_competitor, name, workload) for who, name in COMPETITORS.items()}
    _, lengths, _ = make_texts(workload.shape, workload.rows)
    flops = training_flops(workload.model, lengths)
    entries = []
    for who, observations in take_turns(runs, plan.repeats).items():
        rates = tuple(float(observation.said["rows_per_second"]) for observation in observations)
        precision = str(observations[0].said["precision"])
        limit = plan.limits.get(precision)
        entries.append(
            Entry(
                who=who,
                values=rates,
                peak_memory_bytes=max(observation.peak_memory_bytes for observation in observations),
                precision=precision,
                share_of_limit=statistics.median(rates) * flops / limit if limit else None,
            )
        )
    name = f"{workload.model}, {workload.shape}, {statistics.mean(lengths):.0f} tokens on average"
    return Line(name=name, unit="rows/s", entries=tuple(entries))
