"""What a run cost, as the record keeps it and as a person reads it."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TypeVar

import pandas as pd

from app.lab.baselines import Baseline
from app.lab.competitors import Trained
from app.lab.profiling import Meter, Operations, peak_memory_bytes
from app.layout import EXCLUSIVE_VARIABLE
from app.results import BackendRecord, Cost, InferenceCost

__all__ = [
    "describe_backends",
    "describe_cost",
    "describe_inference",
    "describe_stages",
    "measure_cost",
    "measure_size",
]

NOT_AVAILABLE = "not available"
BACKEND_COLUMNS = ["backend", "how", "rows compared", "same prediction", "largest logit difference", "score", "file"]

COEFFICIENT_BYTES = 8  # of a baseline: scikit-learn and numpy keep fp64

Figure = TypeVar("Figure")


def measure_cost(
    trained: Trained,
    inference: Sequence[InferenceCost],
    *,
    exclusive: bool,
    backends: Sequence[BackendRecord] = (),
    operations: Operations | None = None,
    meter: Meter | None = None,
) -> Cost:
    """What the run has cost so far; `exclusive` says whether the machine was its own while inference was measured."""
    told = os.environ.get(EXCLUSIVE_VARIABLE)
    return Cost(
        parameters=trained.parameters,
        model_bytes=measure_size(trained),
        train_seconds=trained.train_seconds,
        train_samples_per_second=trained.rows_per_second,
        peak_memory_bytes=peak_memory_bytes(),
        exclusive=exclusive,
        training_exclusive=None if told is None else told == "1",
        inference=tuple(inference),
        backends=tuple(backends),
        flops_per_example=operations.flops_per_example if operations else None,
        tokens_per_example=operations.tokens_per_example if operations else None,
        matrix_limit_flops=operations.matrix_limit_flops if operations else None,
        stage_peak_memory_bytes=meter.peak_memory_bytes if meter else {},
        energy_joules=meter.energy_joules if meter else {},
        energy_sources=meter.energy_sources if meter else (),
    )


def measure_size(trained: Trained) -> int:
    """Bytes of the weights as a safetensors file holds them: shared tensors once, header and tokenizer left out.

    Of a baseline, those of its coefficients; the words that these belong to are left out.
    """
    if isinstance(trained.model, Baseline):
        return trained.parameters * COEFFICIENT_BYTES
    weights = trained.model.built.model.state_dict().values()
    distinct = {(weight.data_ptr(), weight.shape): weight.nbytes for weight in weights}
    return sum(distinct.values())


def describe_cost(cost: Cost) -> dict[str, str]:
    """The cost as a person reads it, with units."""
    return {
        "parameters": f"{cost.parameters:,}",
        "size of the weights": _told(cost.model_bytes, _bytes),
        "training time": f"{cost.train_seconds:.1f} s",
        "training speed": f"{cost.train_samples_per_second:,.0f} rows/s",
        "peak memory": _mebibytes(cost.peak_memory_bytes),
        "one prediction": _told(
            cost.flops_per_example,
            lambda flops: (
                f"{flops / 1e6:,.1f} million operations, for a text of average length: {cost.tokens_per_example} tokens"
            ),
        ),
        "the machine's limit": _told(
            cost.matrix_limit_flops,
            lambda limit: f"{limit / 1e9:,.0f} billion operations a second, measured on products of large matrices",
        ),
        "machine to itself while training": {True: "yes", False: "no", None: "not known"}[cost.training_exclusive],
        "machine to itself while measuring": "yes" if cost.exclusive else "not known",
    }


def describe_inference(cost: Cost) -> pd.DataFrame:
    """The timings as a person reads them: milliseconds a batch, rows a second, share of the machine's limit."""
    return pd.DataFrame(
        [
            {
                "backend": timing.backend,
                "batch": timing.batch_size,
                "tokens": timing.sequence_length,
                "median ms": _milliseconds(timing.p50_seconds),
                "95 % interval": _interval(timing),
                "90 % ms": _told(timing.p90_seconds, _milliseconds),
                "95 % ms": _milliseconds(timing.p95_seconds),
                "99 % ms": _told(timing.p99_seconds, _milliseconds),
                "passes": timing.repeats,
                "rows/s": f"{timing.samples_per_second:,.0f}",
                "of the limit": _told(timing.mfu, "{:.0%}".format),
            }
            for timing in cost.inference
        ]
    )


def describe_backends(cost: Cost) -> pd.DataFrame:
    """How each backend was made, and how far it is from plain torch; empty for a baseline."""
    return pd.DataFrame(
        [
            {
                "backend": record.name,
                "how": record.made if record.available else f"{NOT_AVAILABLE}: {record.reason}",
                "rows compared": record.rows or "none",
                "same prediction": _told(record.agreement, "{:.1%}".format),
                "largest logit difference": _told(record.largest_logit_difference, "{:.2g}".format),
                "score": _told(record.score, "{:.4f}".format),
                "file": _told(record.size_bytes, _mebibytes),
            }
            for record in cost.backends
        ],
        columns=BACKEND_COLUMNS,
    )


def describe_stages(cost: Cost, stages: Sequence[str]) -> pd.DataFrame:
    """Memory and energy of each stage; what the machine does not tell is said to be not available."""
    of = f" of {' and '.join(cost.energy_sources)}" if cost.energy_sources else ""
    return pd.DataFrame(
        {
            "peak memory": [_told(cost.stage_peak_memory_bytes.get(stage), _mebibytes) for stage in stages],
            f"energy{of}": [_told(cost.energy_joules.get(stage), _joules) for stage in stages],
        },
        index=pd.Index(stages, name="stage"),
    )


def _bytes(size: int) -> str:
    return (
        _mebibytes(size) if size >= 100 * 2**20 else f"{size / 2**20:.1f} MiB" if size >= 2**20 else f"{size:,} bytes"
    )


def _mebibytes(size: int) -> str:
    return f"{size / 2**20:,.0f} MiB"


def _joules(energy: float) -> str:
    return f"{energy:,.0f} J"


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.2f}"


def _interval(timing: InferenceCost) -> str:
    if timing.median_low_seconds is None or timing.median_high_seconds is None:
        return NOT_AVAILABLE
    both = f"{_milliseconds(timing.median_low_seconds)} to {_milliseconds(timing.median_high_seconds)}"
    return both if timing.settled else f"{both}, unsettled"


def _told(value: Figure | None, wording: Callable[[Figure], str]) -> str:
    return NOT_AVAILABLE if value is None else wording(value)
