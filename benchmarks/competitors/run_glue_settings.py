"""Training at the settings of transformers' run_glue.py: fp32, every text padded to the greatest length."""

from __future__ import annotations

from benchmarks.competitors.trainer import measure
from benchmarks.workloads import parse_workload

if __name__ == "__main__":
    measure(parse_workload(__doc__), pad_all=True)
