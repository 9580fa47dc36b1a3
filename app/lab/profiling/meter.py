"""The stages of a notebook, each with its peak of memory and its energy."""

from __future__ import annotations

from collections.abc import Mapping

from app.clock import begin_moment
from app.lab.profiling.energy import EnergyMeter, find_counters
from app.lab.profiling.memory import Peak, reset_peak

__all__ = ["Meter"]


class Meter:
    """Begin a stage, and the one before has ended. A stage that is begun again is measured anew."""

    def __init__(self, energy: EnergyMeter | None = None) -> None:
        self.started = begin_moment()  # of the notebook: its kernel may have been made ready long before
        self._energy = energy or EnergyMeter(find_counters())
        self._stage: str | None = None
        self._stages: dict[str, None] = {}  # an ordered set
        self._joules: float | None = None
        self._memory_by_stage: dict[str, Peak] = {}
        self._energy_by_stage: dict[str, float] = {}

    def begin(self, stage: str) -> None:
        """End the stage that runs, and start this one."""
        self.end()
        reset_peak()
        self._stages[stage] = None
        self._stage, self._joules = stage, self._energy.read()

    def end(self) -> None:
        """End the stage that runs, if any."""
        if self._stage is None:
            return
        peak, joules = reset_peak(), self._energy.read()
        if peak is not None:
            self._memory_by_stage[self._stage] = peak
        if joules is not None and self._joules is not None:
            self._energy_by_stage[self._stage] = joules - self._joules
        self._stage = None

    @property
    def stages(self) -> tuple[str, ...]:
        """The stages so far, in the order in which they were first begun."""
        return tuple(self._stages)

    @property
    def peak_memory_bytes(self) -> Mapping[str, int]:
        """Stage -> the most memory held in it; empty where the system cannot tell stages apart.

        Where a GPU is used, of the GPU: a stage before its first use is left out.
        """
        peaks = self._memory_by_stage
        of = {peak.of for peak in peaks.values()}
        wanted = "GPU" if "GPU" in of else "process"
        return {stage: peak.size for stage, peak in peaks.items() if peak.of == wanted}

    @property
    def energy_joules(self) -> Mapping[str, float]:
        """Stage -> energy, of `energy_sources` together and of all that ran on them; empty without a meter."""
        return dict(self._energy_by_stage)

    @property
    def energy_sources(self) -> tuple[str, ...]:
        """What the energy is of: processor, GPU, both or nothing."""
        return self._energy.sources
