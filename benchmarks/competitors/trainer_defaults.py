"""Training by the transformers `Trainer` at its defaults: fp32, random batches, each padded to its longest."""

from __future__ import annotations

from benchmarks.competitors.trainer import measure
from benchmarks.workloads import parse_workload

if __name__ == "__main__":
    measure(parse_workload(__doc__), pad_all=False)
