"""What mattered, in sentences and as a table."""

from __future__ import annotations

import json
import re
from pathlib import Path

from app.report.gather import Record, read_benchmark
from app.report.sections.effects import effect_answer, effect_table
from tests.records import rewritten
from tests.report.golden import Made, make_benchmark, realistic


def record_of(folder: Path, runs: list[Made]) -> Record:
    return read_benchmark(make_benchmark(folder, runs, pages=False, examples=50))


def told(record: Record) -> str:
    return re.sub(r"<.*?>", " ", str(effect_answer(record).html)).strip()


def grid(by_rate: float, by_seed: float, seeds: int = 2) -> list[Made]:
    return [
        Made(
            architecture=name,
            seed=seed,
            hyperparameters={"learning_rate": rate},
            validation=0.8 + by_rate * (rate == 1e-3) + by_seed * seed,
        )
        for name in "ab"
        for rate in (1e-4, 1e-3)
        for seed in range(seeds)
    ]


def test_what_explains_most_is_told_first_with_its_share(tmp_path: Path) -> None:
    text = told(record_of(tmp_path, grid(0.1, 0.02)))
    assert text.startswith("Learning rate mattered most: it explains 96 % of the variance of the validation scores")
    assert text.endswith("the mean over 2 architectures; the seed 3.8 %.")


def test_a_seed_that_matters_more_is_said_to(tmp_path: Path) -> None:
    text = told(record_of(tmp_path, grid(0.01, 0.1)))
    assert text.startswith("The seed mattered more than any hyperparameter: it explains 99 %")


def test_with_one_seed_effect_and_chance_are_not_told_apart(tmp_path: Path) -> None:
    one = told(record_of(tmp_path / "one", grid(0.1, 0.0, seeds=1)))
    assert one.startswith("Learning rate was varied with one seed to a setting")
    assert "100 %" not in one
    several = [
        Made(architecture="a", hyperparameters={"learning_rate": rate, "batch_size": size}, validation=rate * 100)
        for rate in (1e-4, 1e-3)
        for size in (16, 32)
    ]
    assert "effect and chance are not told apart" in told(record_of(tmp_path / "several", several))


def test_what_explains_no_more_than_chance_is_said_to(tmp_path: Path) -> None:
    twins = [(1e-4, 0), (1e-4, 1)]  # seven rates, and two seeds of the first alone
    runs = [
        Made(architecture="a", seed=seed, hyperparameters={"learning_rate": rate}, validation=0.8 + 0.1 * (number % 2))
        for number, (rate, seed) in enumerate([*twins, *((1e-3 * rate, 0) for rate in range(1, 7))])
    ]
    assert "no more than chance would give it" in told(record_of(tmp_path, runs))


def test_where_nothing_was_varied_but_the_seed_that_is_said(tmp_path: Path) -> None:
    runs = [Made(architecture="a", seed=seed, validation=0.8 + 0.03 * seed) for seed in (0, 1)]
    record = record_of(tmp_path, runs)
    assert told(record).startswith("Nothing was varied but the seed.")
    assert "differs by 0.030." in told(record)
    assert "<table" not in effect_table(record)._repr_html_()


def test_one_run_and_none_have_nothing_varied(tmp_path: Path) -> None:
    assert told(record_of(tmp_path / "one", [Made(architecture="a")])).startswith("Nothing was varied: each")
    missing = [Made(architecture="a", status="missing")]
    assert told(record_of(tmp_path / "none", missing)).startswith("No run with hyperparameters has a score")


def test_values_that_make_no_difference_are_said_to(tmp_path: Path) -> None:
    assert told(record_of(tmp_path, grid(0.0, 0.0))).endswith("all equal: learning rate made no difference.")


def test_runs_that_diverged_are_named(tmp_path: Path) -> None:
    runs = grid(0.1, 0.02)
    runs.append(Made(architecture="c", validation=0.5, divergent="its predictions are all the same"))
    runs.append(Made(architecture="d", validation=0.5))
    folder = make_benchmark(tmp_path, runs, pages=False, examples=50)
    path = folder.run("d-lr0.001-s0").result
    document = json.loads(path.read_text())
    document["metrics"]["validation"]["accuracy"] = None  # as JSON has nan
    path.write_text(rewritten(document))
    text = told(read_benchmark(folder))
    assert "Divergent: c-lr0.001-s0. It counts all the same." in text
    assert "left out here: d-lr0.001-s0." in text


def test_the_table_has_a_line_for_each_factor_with_its_values(tmp_path: Path) -> None:
    options = ({"momentum": 0.8}, {"momentum": 0.9})
    runs = [
        Made(
            architecture="a",
            seed=seed,
            hyperparameters={"learning_rate": rate, "optimizer_options": chosen},
            validation=0.8 + 50 * rate + 0.01 * seed + 0.02 * chosen["momentum"] * (rate == 1e-3),
        )
        for rate in (1e-4, 1e-3)
        for chosen in options
        for seed in (0, 1)
    ]
    html = effect_table(record_of(tmp_path, runs))._repr_html_()
    heads = re.findall(r'<th scope="row">([^<]+)<small>([^<]+)', html)
    assert heads == [
        ("learning rate", "0.0001, 0.001"),
        ("optimizer options", "momentum 0.8, momentum 0.9"),
        ("together", "beyond the sum of each"),
        ("seed", "2 seeds, within a setting"),
    ]
    assert "overlap" not in html


def test_a_grid_with_holes_is_said_to_have_them(tmp_path: Path) -> None:
    assert "shares overlap" in effect_table(record_of(tmp_path, realistic()[:-1]))._repr_html_()
