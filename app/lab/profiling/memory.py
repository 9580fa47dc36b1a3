"""The most memory that was held: of the GPU where torch uses one, else of this process."""

from __future__ import annotations

import re
import resource
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["Peak", "peak_memory_bytes", "reset_peak"]

_STATUS, _CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")
_HIGH_WATER = re.compile(r"^VmHWM:\s+(\d+) kB$", re.MULTILINE)

_before_resets: dict[str, int] = {}  # whose -> bytes: a reset clears the system's own record, also that of getrusage


@dataclass(frozen=True)
class Peak:
    """Bytes, and whose they are: `process` or `GPU`. The two are not to be compared."""

    of: str
    size: int


def peak_memory_bytes() -> int:
    """The most since the process began, in bytes: GPU allocations, or resident memory."""
    peak = _since_reset()
    return max(_before_resets.get(peak.of, 0), peak.size)


def reset_peak() -> Peak | None:
    """The most since the last reset, and a fresh start; None where the system has no such reset.

    Linux forgets its high-water mark of resident memory when 5 is written to /proc/self/clear_refs (proc(5)).
    """
    peak = _since_reset()
    cuda = _cuda()
    if cuda is not None:
        cuda.reset_peak_memory_stats()
    else:
        try:
            _CLEAR.write_text("5")
        except OSError:  # not Linux, or a container that forbids it
            return None
    _before_resets[peak.of] = max(_before_resets.get(peak.of, 0), peak.size)
    return peak


def _since_reset() -> Peak:
    cuda = _cuda()
    if cuda is not None:
        return Peak("GPU", int(cuda.max_memory_allocated()))
    try:
        found = _HIGH_WATER.search(_STATUS.read_text(encoding="utf-8"))
    except OSError:
        found = None
    if found:
        return Peak("process", int(found[1]) * 1024)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return Peak("process", peak if sys.platform == "darwin" else peak * 1024)  # macOS counts bytes, Linux KiB


def _cuda() -> Any | None:
    """torch.cuda, where it is in use."""
    torch = sys.modules.get("torch")
    used = torch is not None and torch.cuda.is_available() and torch.cuda.is_initialized()
    return torch.cuda if torch is not None and used else None
