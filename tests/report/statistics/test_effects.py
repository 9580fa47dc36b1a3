"""Shares of the variance: by hand, and as an analysis of variance has them."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm

from app.report.statistics.effects import Effects, Point, split_variance
from app.results import RunResult, Status

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def point(score: float, seed: int = 0, **hyperparameters: object) -> Point:
    run = RunResult(
        run_id=f"{hyperparameters}-{seed}",
        benchmark="b",
        status=Status.OK,
        architecture="a",
        family="bert",
        seed=seed,
        hyperparameters=hyperparameters,
        started=NOW,
        finished=NOW,
    )
    return Point(run, score)


def split(points: list[Point]) -> Effects:
    found = split_variance("a", points)
    assert found is not None
    return found


def grid(rates: int, sizes: int, seeds: int) -> pd.DataFrame:
    random = np.random.default_rng(7)
    rows = list(itertools.product(range(rates), range(sizes), range(seeds)))
    return pd.DataFrame(
        [(0.8 + 0.03 * r + 0.02 * s - 0.02 * r * s + 0.01 * random.normal(), r, s, seed) for r, s, seed in rows],
        columns=["score", "rate", "size", "seed"],
    )


def points_of(table: pd.DataFrame) -> list[Point]:
    return [
        point(line.score, line.seed, learning_rate=line.rate, batch_size=line.size, epochs=3)
        for line in table.itertuples()
    ]


def test_in_a_balanced_grid_the_shares_are_those_of_an_analysis_of_variance_and_make_one() -> None:
    table = grid(3, 2, 4)
    found = split(points_of(table))
    squares = anova_lm(ols("score ~ C(rate) * C(size)", table).fit())["sum_sq"]
    of = squares / squares.sum()
    assert list(found.main) == ["learning_rate", "batch_size"]
    assert found.main["learning_rate"].explained == pytest.approx(of["C(rate)"])
    assert found.main["batch_size"].explained == pytest.approx(of["C(size)"])
    assert found.interactions is not None
    assert found.seed is not None
    assert found.interactions.explained == pytest.approx(of["C(rate):C(size)"])
    assert found.seed.explained == pytest.approx(of["Residual"])
    shares = [*found.main.values(), found.interactions, found.seed]
    assert sum(share.explained for share in shares) == pytest.approx(1)
    assert sum(share.by_chance for share in shares) == pytest.approx(1)


def test_in_a_grid_with_holes_each_main_effect_is_still_the_correlation_ratio() -> None:
    table = grid(3, 2, 2).drop([0, 5])
    found = split(points_of(table))
    squares = anova_lm(ols("score ~ C(rate)", table).fit())["sum_sq"]
    assert found.main["learning_rate"].explained == pytest.approx(squares["C(rate)"] / squares.sum())
    assert not found.is_balanced
    assert found.interactions is None


def test_what_does_nothing_explains_on_average_what_chance_gives_it() -> None:
    random = np.random.default_rng(3)
    found = [
        split([point(score, seed, learning_rate=seed % 4) for seed, score in enumerate(random.normal(size=12))])
        for _ in range(600)
    ]
    mean = np.mean([effects.main["learning_rate"].explained for effects in found])
    assert found[0].main["learning_rate"].by_chance == pytest.approx(3 / 11)
    assert mean == pytest.approx(3 / 11, abs=0.02)


def test_with_one_seed_to_a_setting_nothing_is_told_of_seeds() -> None:
    found = split([point(0.8, learning_rate=1e-4), point(0.9, learning_rate=1e-3)])
    assert found.seed is None
    assert found.main["learning_rate"].explained == pytest.approx(1)


def test_with_one_setting_all_of_it_is_the_seed() -> None:
    found = split([point(0.8, 0, epochs=3), point(0.9, 1, epochs=3)])
    assert found.main == {}
    assert found.seed is not None
    assert found.seed.explained == pytest.approx(1)


def test_equal_scores_have_no_variance_to_explain() -> None:
    assert split_variance("a", [point(0.1 + 0.2, 0, epochs=3), point(0.3, 1, epochs=3)]) is None
    assert split_variance("a", [point(0.5, epochs=3)]) is None


def test_options_that_are_mappings_are_values_too() -> None:
    options = [{"momentum": 0.8}, {"momentum": 0.9}, {}]
    found = split([point(0.7 + 0.1 * n, s, optimizer_options=o) for n, o in enumerate(options) for s in (0, 1)])
    assert found.main["optimizer_options"].explained == pytest.approx(1)
