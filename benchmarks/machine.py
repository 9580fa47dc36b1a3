"""The machine that measures: what it is, and how fast it multiplies matrices."""

from __future__ import annotations

import os
import platform
import subprocess
import time
from importlib.metadata import version
from pathlib import Path

import psutil

from app.layout import PROJECT
from benchmarks.record import Machine

__all__ = ["describe_machine", "measure_limits", "measure_load", "read_revision"]

PACKAGES = ("torch", "transformers", "papermill", "numpy")
WIDTH = {"cpu": 2048, "cuda": 8192}  # of the square matrices
SECONDS = 1.0  # of measuring, for each precision
LOAD_SECONDS = 3.0


def describe_machine() -> Machine:
    """This machine, its limits measured now."""
    import torch

    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else None
    return Machine(
        cpu=_cpu(),
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        memory_bytes=psutil.virtual_memory().total,
        gpu=gpu,
        bf16_in_hardware=_has_bf16(),
        system=f"{platform.system()} {platform.machine()}",
        versions={"python": platform.python_version(), **{name: version(name) for name in PACKAGES}},
        matrix_flops=measure_limits(),
    )


def measure_limits() -> dict[str, float]:
    """Precision -> floating-point operations a second of a large square matrix product, the best of several.

    bf16 only where the hardware has it: emulated, it says nothing.
    """
    import torch

    device = "cuda" if torch.cuda.is_available() else "cpu"
    limits = {}
    for name in ("fp32", "bf16") if _has_bf16() else ("fp32",):
        kind = torch.bfloat16 if name == "bf16" else torch.float32
        left = torch.randn(WIDTH[device], WIDTH[device], device=device).to(kind)
        right = left.t().contiguous()
        best, until = float("inf"), time.perf_counter() + SECONDS
        left @ right
        while time.perf_counter() < until:
            _wait(device)
            began = time.perf_counter()
            left @ right
            _wait(device)
            best = min(best, time.perf_counter() - began)
        limits[name] = 2 * WIDTH[device] ** 3 / best
    return limits


def measure_load() -> float:
    """How many cores other programs take at the moment, while this one waits."""
    return psutil.cpu_percent(interval=LOAD_SECONDS) / 100 * (psutil.cpu_count() or 1)


def read_revision() -> str:
    """The revision of git, with a + where tracked files but these figures were changed; `unknown` outside of git."""
    git = ["git", "-C", str(PROJECT)]
    found = subprocess.run([*git, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    if found.returncode != 0:
        return "unknown"
    files = ["--", ".", ":!benchmarks/README.md", ":!benchmarks/results"]
    changed = subprocess.run([*git, "diff", "--quiet", "HEAD", *files], capture_output=True, check=False).returncode
    return found.stdout.strip() + ("+" if changed else "")


def _wait(device: str) -> None:
    import torch

    if device == "cuda":
        torch.cuda.synchronize()


def _has_bf16() -> bool:
    import torch

    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return bool(torch.cpu._is_avx512_bf16_supported())


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or platform.machine())
