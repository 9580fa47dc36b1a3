"""Times behind every backend, as a figure and as a table."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.report.gather import read_benchmark
from app.report.sections.inference import backend_table, inference_figure, pick_shapes
from app.report.statistics.standings import Standing, compare
from tests.report.golden import SPEED, Made, make_benchmark

MANY = tuple((batch, length) for batch in (1, 8, 32) for length in (16, 64, 128))


def standings(folder: Path, runs: list[Made]) -> tuple[Standing, ...]:
    return compare(read_benchmark(make_benchmark(folder, runs, pages=False, examples=50)))


def texts(svg: str) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]+)</text>", svg)


def test_every_shape_has_a_panel_and_every_backend_a_mark(tmp_path: Path) -> None:
    runs = [Made(architecture="a", backends=tuple(SPEED)), Made(architecture="b")]
    picture = inference_figure(standings(tmp_path, runs))
    assert picture is not None
    shown = texts(picture.svg)
    assert [text for text in shown if " of " in text] == [
        "1 row of 16 tokens",
        "1 row of 32 tokens",
        "32 rows of 16 tokens",
        "32 rows of 32 tokens",
    ]
    assert set(SPEED) - set(shown) == {"torch-compile"}  # which was not available
    assert "a: torch 1.66 ms, torch-bf16 1.28 ms" in picture.alt


def test_what_did_not_settle_is_hollow(tmp_path: Path) -> None:
    settled = inference_figure(standings(tmp_path / "settled", [Made(architecture="a")]))
    both = inference_figure(standings(tmp_path / "both", [Made(architecture="a", backends=("torch", "torch-bf16"))]))
    assert settled is not None
    assert both is not None
    assert "fill-opacity: 0" not in settled.svg
    assert both.svg.count("fill-opacity: 0") >= 4


@pytest.mark.parametrize(("most", "picked"), [(9, 9), (6, 6), (2, 2)])
def test_shapes_are_picked_from_the_smallest_to_the_largest(most: int, picked: int) -> None:
    found = pick_shapes(MANY, most)
    assert len(set(found)) == picked
    assert (found[0], found[-1]) == (MANY[0], MANY[-1])
    assert found == sorted(found)


def test_a_figure_is_bounded_and_says_so(tmp_path: Path) -> None:
    runs = [Made(architecture=f"model-{number}", quality=0.6 + number / 50, shapes=MANY) for number in range(15)]
    picture = inference_figure(standings(tmp_path, runs))
    assert picture is not None
    shown = texts(picture.svg)
    assert sum(" tokens" in text for text in shown) == 6
    assert len({text for text in shown if text.startswith("model-")}) == 12
    assert "the best 12 architectures; 3 more left out; 6 of 9 shapes" in shown


def test_a_table_holds_each_backend_against_plain_torch(tmp_path: Path) -> None:
    html = backend_table(standings(tmp_path, [Made(architecture="a", backends=tuple(SPEED))]))._repr_html_()
    assert "one forward pass of 1 × 16 tokens" in html
    assert [f"{value:.2f} ×" for value in (1.0, 1.3, 2.2, 3.1)] == re.findall(r"[\d.]+ ×(?=<)", html)
    assert "98.5 %" in html
    assert "0.031" in html
    assert "not available: InvalidCxxCompiler: no C++ compiler is on this machine" in html
    assert html.count("17 MiB") == 2


def test_plain_torch_alone_is_told_in_a_sentence(tmp_path: Path) -> None:
    html = backend_table(standings(tmp_path, [Made(architecture="a")]))._repr_html_()
    assert "plain torch alone" in html
    assert "<table" not in html


def test_without_timings_there_is_no_figure(tmp_path: Path) -> None:
    assert inference_figure(standings(tmp_path, [Made(architecture="a", status="missing")])) is None
