"""The machine shared out among workers: cores, GPUs, and whether there is memory for one more run."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil

from app.layout import CORES_VARIABLE

__all__ = ["THREADS", "has_memory", "share_environment"]

_FIRST_GUESS = 1 << 30  # bytes of a run while none of the benchmark has ended
_SPARE = 0.05  # of all memory is left to the system
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS")
_GPUS = Path("/proc/driver/nvidia/gpus")


def share_environment(worker: int, workers: int) -> dict[str, str]:
    """Environment variables that give one of `workers` its cores and its GPU; none for a worker alone."""
    if workers == 1:
        return {}
    cores = _cores()
    threads = {name: str(max(1, cores // workers)) for name in THREADS}
    gpus = _gpus()
    gpu = {"CUDA_VISIBLE_DEVICES": gpus[worker % len(gpus)]} if gpus else {}
    return {CORES_VARIABLE: str(cores), **threads, **gpu}


def has_memory(under_way: Sequence[int], peaks: Sequence[int]) -> bool:
    """Whether another run fits beside those under way, each of which may still grow.

    Args:
        under_way: process ids of the kernels that run.
        peaks: the most bytes that each run which has ended has held.
    """
    expected = max(peaks, default=_FIRST_GUESS)
    memory = psutil.virtual_memory()
    growth = sum(max(0, expected - _held(pid)) for pid in under_way)
    return bool(memory.available - growth - expected > _SPARE * memory.total)


def _held(pid: int) -> int:
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return 0


def _cores() -> int:
    """What the user allows by OMP_NUM_THREADS, or else every core this process may run on."""
    allowed = os.environ.get("OMP_NUM_THREADS", "")
    if allowed.isdigit() and int(allowed) > 0:
        return int(allowed)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _gpus(environment: Mapping[str, str] = os.environ) -> list[str]:
    """What CUDA_VISIBLE_DEVICES may name: as the user has set it, or every GPU that the driver lists."""
    chosen = environment.get("CUDA_VISIBLE_DEVICES")
    if chosen is not None:
        return [name for name in chosen.split(",") if name.strip()]
    return [str(number) for number, _ in enumerate(_GPUS.iterdir())] if _GPUS.is_dir() else []
