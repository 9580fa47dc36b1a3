"""Memory: the most of each stage, and the most of all."""

import sys

import numpy as np
import pytest

from app.lab.profiling import Meter, peak_memory_bytes
from app.lab.profiling.energy import EnergyMeter
from app.lab.profiling.memory import reset_peak

BLOCK = 300_000_000  # bytes


def allocate() -> None:
    block = np.ones(BLOCK, dtype=np.uint8)
    assert block[-1] == 1


def test_the_peak_is_what_the_process_has_held():
    before = peak_memory_bytes()
    assert before > 20_000_000
    allocate()
    assert peak_memory_bytes() >= before


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux forgets a high-water mark")
def test_a_stage_sees_its_own_allocation_and_no_other():
    meter = Meter(EnergyMeter(()))
    meter.begin("small")
    meter.begin("large")
    allocate()
    meter.begin("small again")
    meter.end()
    peaks = meter.peak_memory_bytes
    assert list(peaks) == ["small", "large", "small again"]
    assert peaks["large"] > peaks["small"] + 0.9 * BLOCK
    assert peaks["small again"] < peaks["large"] - 0.9 * BLOCK


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux forgets a high-water mark")
def test_a_reset_does_not_make_the_peak_of_all_smaller():
    allocate()
    before = peak_memory_bytes()
    assert reset_peak() is not None
    assert peak_memory_bytes() >= before
