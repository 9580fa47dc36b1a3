"""Scores against what was varied, however much of it there is."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest

from app.drawing import Picture
from app.report.gather import read_benchmark
from app.report.sections.sensitivity import sensitivity_figure
from app.report.statistics.standings import compare
from tests.report.golden import Made, make_benchmark


def drawn(folder: Path, runs: list[Made]) -> Picture | None:
    record = read_benchmark(make_benchmark(folder, runs, pages=False, examples=4))
    return sensitivity_figure(record, compare(record))


def texts(picture: Picture | None) -> list[str]:
    assert picture is not None
    return re.findall(r"<text[^>]*>([^<]+)</text>", picture.svg)


def grid(architectures: int = 1, seeds: int = 2, **axes: list[object]) -> list[Made]:
    return [
        Made(
            architecture=f"model-{number}",
            seed=seed,
            hyperparameters=dict(zip(axes, values, strict=True)),
            validation=0.5 + 0.01 * number + 0.001 * seed + 0.1 / (1 + position),
        )
        for number in range(architectures)
        for position, values in enumerate(itertools.product(*axes.values()))
        for seed in range(seeds)
    ]


def test_each_varied_hyperparameter_has_a_panel_and_each_architecture_a_line(tmp_path: Path) -> None:
    picture = drawn(tmp_path, grid(2, learning_rate=[1e-4, 1e-3], batch_size=[16, 32]))
    shown = texts(picture)
    assert {"learning rate", "batch size", "model-0", "model-1", "0.0001", "0.001", "16", "32"} <= set(shown)
    assert "epochs" not in shown
    assert picture is not None
    assert "learning rate: model-0 0.576 at 0.0001 and 0.530 at 0.001, model-1 0.586" in picture.alt


def test_values_without_a_number_are_categories(tmp_path: Path) -> None:
    options = [{"momentum": 0.8, "nesterov": True}, {}]
    shown = texts(drawn(tmp_path, grid(optimizer_options=options, loss=["focal", "balanced"])))
    assert {"focal", "balanced", "as they are"} <= set(shown)
    assert "momentum 0.8 and" in shown  # in two lines


def test_one_value_of_each_has_no_figure(tmp_path: Path) -> None:
    assert drawn(tmp_path, grid(learning_rate=[1e-3])) is None


def test_a_run_that_diverged_is_a_cross(tmp_path: Path) -> None:
    runs = grid(learning_rate=[1e-4, 1e-3])
    lost = Made(architecture="model-0", seed=9, validation=0.1, divergent="no better than chance")
    whole, with_cross = drawn(tmp_path / "a", runs), drawn(tmp_path / "b", [*runs, lost])
    cross = r'd="M -2.5 2.5 \nL 2.5 -2.5'
    assert whole is not None
    assert with_cross is not None
    assert not re.search(cross, whole.svg)
    assert re.search(cross, with_cross.svg)


@pytest.mark.slow
def test_thousands_of_runs_are_drawn_in_little_and_what_is_left_out_is_said(tmp_path: Path) -> None:
    rates: list[object] = [round(1e-5 * number, 6) for number in range(1, 26)]
    picture = drawn(tmp_path, grid(8, seeds=5, learning_rate=rates, batch_size=[16, 32]))
    assert picture is not None
    assert len(picture.svg) < 150_000
    assert "the best 6 architectures; 2 more left out; a dot for one run in 2" in texts(picture)
