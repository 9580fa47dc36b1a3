"""Energy is what a meter counted, or it is not there."""

from pathlib import Path

import pytest

from app.lab.profiling.energy import EnergyMeter, RaplCounter, find_counters
from app.lab.profiling.meter import Meter

JOULE = 1_000_000  # the files count microjoules


@pytest.fixture
def zone(tmp_path: Path):
    """Makes a zone in the form of /sys/class/powercap, and returns what sets its count."""

    def make(folder: str = "intel-rapl:0", name: str = "package-0", count: int = 0, turn: int = 262143328850):
        place = tmp_path / folder
        place.mkdir()
        (place / "name").write_text(f"{name}\n")
        (place / "max_energy_range_uj").write_text(f"{turn}\n")
        (place / "energy_uj").write_text(f"{count}\n")
        return lambda now: (place / "energy_uj").write_text(f"{now}\n")

    return make


def rapl(folder: Path) -> list[RaplCounter]:
    return [counter for counter in find_counters(folder) if isinstance(counter, RaplCounter)]


def test_a_machine_without_a_meter_has_no_energy(tmp_path):
    assert rapl(tmp_path / "powercap") == []
    meter = EnergyMeter(())
    assert meter.read() is None
    assert meter.sources == ()


def test_joules_are_what_the_counter_moved_by(zone, tmp_path):
    set_count = zone(count=7 * JOULE)
    (counter,) = rapl(tmp_path)
    assert counter.read() == 0
    set_count(12 * JOULE)
    assert counter.read() == 5
    set_count(12 * JOULE + 250_000)
    assert counter.read() == 5.25


def test_a_counter_that_is_full_begins_anew_and_nothing_is_lost(zone, tmp_path):
    set_count = zone(count=990 * JOULE, turn=1000 * JOULE)
    (counter,) = rapl(tmp_path)
    set_count(20 * JOULE)
    assert counter.read() == 30
    set_count(10 * JOULE)
    assert counter.read() == 1020


def test_packages_are_added_and_parts_of_them_are_not_counted_twice(zone, tmp_path):
    set_first, set_second = zone("intel-rapl:0"), zone("intel-rapl:1", "package-1")
    set_core, set_system = zone("intel-rapl:0:0", "core"), zone("intel-rapl:2", "psys")
    set_mirror = zone("intel-rapl-mmio:0")
    meter = EnergyMeter(rapl(tmp_path))
    for set_count in (set_first, set_second, set_core, set_system, set_mirror):
        set_count(3 * JOULE)
    assert meter.read() == 6
    assert meter.sources == ("processor",)


def test_a_counter_that_may_not_be_read_is_no_counter(zone, tmp_path):
    zone()
    (tmp_path / "intel-rapl:0" / "energy_uj").unlink()
    (tmp_path / "intel-rapl:0" / "energy_uj").mkdir()  # root reads any file: a folder in its place is refused to all
    assert rapl(tmp_path) == []


def test_a_meter_whose_counter_is_taken_away_has_nothing_more_to_say(zone, tmp_path):
    zone()
    meter = EnergyMeter(rapl(tmp_path))
    (tmp_path / "intel-rapl:0" / "energy_uj").unlink()
    assert meter.read() is None
    assert meter.sources == ()


def test_each_stage_has_its_own_energy(zone, tmp_path):
    set_count = zone()
    meter = Meter(EnergyMeter(rapl(tmp_path)))
    meter.begin("data")
    set_count(2 * JOULE)
    meter.begin("training")
    set_count(9 * JOULE)
    meter.end()
    set_count(50 * JOULE)
    meter.end()
    assert meter.energy_joules == {"data": 2, "training": 7}
    assert meter.stages == ("data", "training")


def test_a_stage_that_is_begun_again_is_measured_anew(zone, tmp_path):
    set_count = zone()
    meter = Meter(EnergyMeter(rapl(tmp_path)))
    for count in (4, 5):
        meter.begin("data")
        set_count(count * JOULE)
    meter.end()
    assert meter.energy_joules == {"data": 1}
    assert meter.stages == ("data",)


def test_without_a_meter_no_stage_has_energy():
    meter = Meter(EnergyMeter(()))
    meter.begin("data")
    meter.end()
    assert meter.energy_joules == {}
    assert meter.energy_sources == ()
