"""What the runs cost, as tables that say what is not known."""

from __future__ import annotations

from pathlib import Path

from app.report.gather import read_benchmark
from app.report.sections.costs import cost_table, timing_table
from app.report.statistics.standings import compare
from tests.report.golden import Made, make_benchmark


def html(folder: Path, runs: list[Made]) -> str:
    standings = compare(read_benchmark(make_benchmark(folder, runs, pages=False, examples=50)))
    return cost_table(standings)._repr_html_() + timing_table(standings)._repr_html_()


def test_size_memory_and_operations_are_told(tmp_path: Path) -> None:
    found = html(tmp_path, [Made(architecture="a", parameters=5_000_000)])
    for words in ("5.00 M<small>19 MiB", "556 MiB<small>480 MiB", "70.0 M<small>26 %", "rows/s", "p95 2.22 ms"):
        assert words in found


def test_energy_is_a_column_where_one_meter_was_there_and_a_sentence_where_none_was(tmp_path: Path) -> None:
    without = html(tmp_path / "without", [Made(architecture="a")])
    assert "Energy is not available: no meter of the machine could be read." in without
    found = html(tmp_path / "with", [Made(architecture="a", energy=4200.0), Made(architecture="b")])
    assert "4.20 kJ" in found
    assert ">not available<" in found


def test_a_baseline_has_no_operations(tmp_path: Path) -> None:
    found = html(tmp_path, [Made(architecture="majority", family="majority", parameters=2)])
    assert "2<small>16 B" in found
    assert '<td class="number">–</td></tr>' in found


def test_each_shape_has_a_column_up_to_six(tmp_path: Path) -> None:
    shapes = tuple((batch, 16) for batch in (1, 2, 4, 8, 16, 32, 64, 128))
    found = html(tmp_path, [Made(architecture="a", shapes=shapes), Made(architecture="b", shapes=shapes[:1])])
    assert found.count("rows × tokens") == 6
    assert "1 × 16" in found
    assert "128 × 16" in found
