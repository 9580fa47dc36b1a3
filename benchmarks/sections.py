"""What every section is asked for."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass

from app.layout import PROJECT
from benchmarks.turns import Observation, run_command
from benchmarks.workloads import Workload

__all__ = ["Plan", "run_competitor"]


@dataclass(frozen=True)
class Plan:
    """How thoroughly to measure, and against which limits."""

    repeats: int
    quick: bool
    limits: Mapping[str, float]  # precision -> floating-point operations a second of a large matrix product


def run_competitor(name: str, workload: Workload) -> Observation:
    """Run `benchmarks.competitors.<name>` on a workload, in a process of its own."""
    words = [sys.executable, "-m", f"benchmarks.competitors.{name}"]
    for key, value in vars(workload).items():
        words += [f"--{key}", str(value)]
    return run_command(words, folder=PROJECT)
