"""The energy that the machine's own meters counted, in joules; nothing where it has no meter that may be read."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Protocol

__all__ = ["EnergyMeter", "NvmlCounter", "RaplCounter", "find_counters"]

POWERCAP = Path("/sys/class/powercap")
POLL_SECONDS = 60.0  # a RAPL counter of 262 kJ is full after 11 minutes at 400 W


class Counter(Protocol):
    """Counts up, in joules, from wherever it stood; an OSError where it no longer does."""

    source: ClassVar[str]  # what it measures, in words

    def read(self) -> float: ...


@dataclass
class RaplCounter:
    """One processor package, as Linux shows its running average power limit (powercap in the kernel's manual).

    The file counts microjoules up to `max_energy_range_uj` and begins anew; each reading adds what has passed since
    the last, so it must be read more than once in a full turn. It counts the whole package: all that ran there.
    """

    source: ClassVar[str] = "processor"
    folder: Path
    _joules: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        self._range = self._number("max_energy_range_uj")
        self._last = self._number("energy_uj")

    def read(self) -> float:
        now = self._number("energy_uj")
        passed = now - self._last if now >= self._last else self._range - self._last + now
        self._last = now
        self._joules += passed / 1e6
        return self._joules

    def _number(self, name: str) -> int:
        return int((self.folder / name).read_text(encoding="ascii"))


@dataclass(frozen=True)
class NvmlCounter:
    """One NVIDIA GPU since its driver was loaded: nvmlDeviceGetTotalEnergyConsumption, Volta and later."""

    source: ClassVar[str] = "GPU"
    handle: Any

    def read(self) -> float:
        import pynvml

        try:
            return float(pynvml.nvmlDeviceGetTotalEnergyConsumption(self.handle)) / 1000  # it counts millijoules
        except pynvml.NVMLError as error:
            raise OSError(str(error)) from error


class EnergyMeter:
    """The sum of counters, read in the background often enough that none of them turns over unseen."""

    def __init__(self, counters: Sequence[Counter]) -> None:
        self._counters = tuple(counters)
        self._lock = threading.Lock()
        if counters:
            threading.Thread(target=self._poll, name="energy", daemon=True).start()

    @property
    def sources(self) -> tuple[str, ...]:
        """What is measured: processor, GPU, both or nothing."""
        return tuple(sorted({counter.source for counter in self._counters}))

    def read(self) -> float | None:
        """Joules counted so far, from an arbitrary beginning; None where there is nothing to read."""
        with self._lock:
            try:
                return sum(counter.read() for counter in self._counters) if self._counters else None
            except (OSError, ValueError):  # a counter that has been taken away
                self._counters = ()
                return None

    def _poll(self) -> None:
        wait = threading.Event()
        while self._counters:
            wait.wait(POLL_SECONDS)
            self.read()


def find_counters(powercap: Path = POWERCAP) -> tuple[Counter, ...]:
    """A counter for each processor package and each GPU that lets itself be read.

    Since 2020 Linux lets root alone read RAPL, and virtual machines seldom have it: then there is none.
    """
    return (*_rapl_counters(powercap), *_nvml_counters())


def _rapl_counters(powercap: Path) -> list[Counter]:
    counters: list[Counter] = []
    for folder in sorted(powercap.glob("intel-rapl:*")):  # of AMD too; intel-rapl:0:1 is a part of intel-rapl:0
        try:
            is_package = (folder / "name").read_text(encoding="ascii").startswith("package")
            if is_package and folder.name.count(":") == 1:  # psys counts the packages a second time
                counters.append(RaplCounter(folder))
        except (OSError, ValueError):
            continue
    return counters


def _nvml_counters() -> list[Counter]:
    import pynvml

    counters: list[Counter] = []
    try:
        pynvml.nvmlInit()
        for index in range(pynvml.nvmlDeviceGetCount()):
            counter = NvmlCounter(pynvml.nvmlDeviceGetHandleByIndex(index))
            counter.read()
            counters.append(counter)
    except (pynvml.NVMLError, OSError):  # no driver, or a GPU that does not count
        return []
    return counters
