"""The most floating-point operations a second that matrix products reach on this machine: what MFU is a share of."""

from __future__ import annotations

import hashlib
import json
import time
from pathlib import Path

import torch

from app.lab.machine import cpu_name
from app.layout import cache_folder
from app.results import write_atomically

__all__ = ["measure_limit"]

SIZES = (256, 512, 1024, 2048, 4096, 8192)  # rows and columns, as far as SECONDS go
SECONDS = 0.5  # in all


def measure_limit(device: torch.device, dtype: torch.dtype) -> float:
    """Operations a second of the fastest square product, with the threads that torch uses now.

    It is measured once, in half a second, and kept below `cache_folder()` by processor or GPU, version of torch,
    threads and type of number. A busy machine gives too low a limit: delete the file to have it measured anew.
    """
    key = {
        "processor": torch.cuda.get_device_name(device) if device.type == "cuda" else cpu_name(),
        "torch": str(torch.__version__),
        "threads": torch.get_num_threads(),
        "dtype": str(dtype).removeprefix("torch."),
    }
    name = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()[:16]
    path = cache_folder() / "limits" / f"{name}.json"
    kept = _read(path)
    if kept is not None:
        return kept
    limit = _measure(device, dtype)
    write_atomically(path, json.dumps({**key, "flops_per_second": limit}, indent=2) + "\n")
    return limit


def _read(path: Path) -> float | None:
    try:
        return float(json.loads(path.read_bytes())["flops_per_second"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


@torch.inference_mode()
def _measure(device: torch.device, dtype: torch.dtype) -> float:
    best, slice_seconds = 0.0, SECONDS / len(SIZES)
    began = time.perf_counter()
    for size in SIZES:
        left = torch.rand(size, size, device=device).to(dtype)
        right = torch.rand(size, size, device=device).to(dtype)
        fastest = _product(left, right)  # of the first, which may set things up, and of those that follow
        until = time.perf_counter() + slice_seconds
        while time.perf_counter() < until:
            fastest = min(fastest, _product(left, right))
        best = max(best, 2 * size**3 / fastest)
        # the next is eight times the work
        if time.perf_counter() - began + 16 * size**3 / best > SECONDS * 1.5:
            break
    return best


def _product(left: torch.Tensor, right: torch.Tensor) -> float:
    began = time.perf_counter()
    torch.mm(left, right)
    if left.is_cuda:
        torch.cuda.synchronize()
    return time.perf_counter() - began
