"""What computes here: the processor's name, and whether it multiplies whole numbers without overflow."""

from __future__ import annotations

import functools
import os
import platform
from pathlib import Path

__all__ = ["cpu_name", "has_wide_int8"]

_X86 = ("x86_64", "AMD64", "i386", "i686")


@functools.cache
def cpu_name() -> str:
    """The processor as its maker calls it, with the number of cores that the system shows."""
    names = [value for key, value in _cpu_fields() if key == "model name"]
    return f"{names[0]}, {os.cpu_count()} cores" if names else platform.processor() or platform.machine()


@functools.cache
def has_wide_int8() -> bool:
    """Whether products of 8-bit numbers are summed in 32 bits at once.

    x86 without VNNI sums pairs of them in 16 bits, which overflow with weights of 8 bits: there weights must keep
    to 7 (onnxruntime.ai, "Quantize ONNX models", on `reduce_range`).
    """
    if platform.machine() not in _X86:
        return True
    flags = next((value.split() for key, value in _cpu_fields() if key == "flags"), [])
    return "avx512_vnni" in flags or "avx_vnni" in flags


@functools.cache
def _cpu_fields() -> tuple[tuple[str, str], ...]:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:  # not Linux
        return ()
    pairs = (line.partition(":") for line in lines)
    return tuple((key.strip(), value.strip()) for key, _, value in pairs)
