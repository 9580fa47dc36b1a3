"""Texts in, class probabilities out: this project's backends against `transformers.pipeline`."""

from __future__ import annotations

import functools
import statistics

from benchmarks.record import Entry, Line
from benchmarks.sections import Plan, run_competitor
from benchmarks.turns import take_turns
from benchmarks.workloads import Workload, make_texts, training_flops

__all__ = ["measure_inference"]

COMPETITORS = {
    "this project, torch": "ours_inference",  # a further backend is a further line
    "transformers.pipeline": "transformers_pipeline",
}
WORKLOADS = (
    Workload("minilm-l6", "short", rows=512, steps=0),
    Workload("minilm-l6", "mixed", rows=96, steps=0),
    Workload("bert-base", "short", rows=192, steps=0),
)
QUICK = (Workload("minilm-l6", "short", rows=128, steps=0),)


def measure_inference(plan: Plan) -> tuple[Line, ...]:
    """Two lines for each model and shape: one question at a time, and all at once."""
    return tuple(line for workload in (QUICK if plan.quick else WORKLOADS) for line in _measure(workload, plan))


def _measure(workload: Workload, plan: Plan) -> tuple[Line, Line]:
    runs = {who: functools.partial(run_competitor, name, workload) for who, name in COMPETITORS.items()}
    _, lengths, _ = make_texts(workload.shape, workload.rows)
    flops = training_flops(workload.model, lengths) / 3
    single, many = [], []
    for who, observations in take_turns(runs, plan.repeats).items():
        precision = str(observations[0].said["precision"])
        limit = plan.limits.get(precision)
        rates = tuple(float(observation.said["rows_per_second"]) for observation in observations)
        milliseconds = tuple(float(observation.said["milliseconds"]) for observation in observations)
        peak = max(observation.peak_memory_bytes for observation in observations)
        share = statistics.median(rates) * flops / limit if limit else None
        single.append(Entry(who=who, values=milliseconds))
        many.append(
            Entry(who=who, values=rates, peak_memory_bytes=peak, precision=precision, share_of_limit=share),
        )
    name = f"{workload.model}, {workload.shape}"
    return (
        Line(name=f"{name}, one at a time", unit="ms", entries=tuple(single)),
        Line(name=f"{name}, {workload.rows} at once", unit="rows/s", entries=tuple(many)),
    )
