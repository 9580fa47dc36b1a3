"""An interval holds the truth as often as it says, over examples and over seeds."""

from itertools import pairwise

import numpy as np
import pytest
from scipy import stats

from app.report.statistics.estimates import estimate_score, moderate_spreads
from tests.report.statistics.made import classes, guesses, trained

BOUNDS = (0.0, 1.0)


def test_over_examples_the_interval_holds_the_truth_as_often_as_it_says():
    random = np.random.default_rng(0)
    held = 0
    for _ in range(400):
        labels = random.integers(0, 2, 300)
        sample = classes(labels, guesses(random, labels, 0.85))
        found = estimate_score(sample, bounds=BOUNDS, resamples=400).over_examples
        held += found.low <= 0.85 <= found.high
    # 95 % within three standard errors of 400 trials, less what a percentile interval is known to lack
    assert 0.915 <= held / 400 <= 0.985


@pytest.mark.parametrize("spread", [0.0, 0.1, 0.25])
def test_over_seeds_too_it_holds_the_truth_as_often_as_it_says(spread):
    random = np.random.default_rng(1)
    # right where skill, difficulty, own taste and luck add up to more than nothing: all normal, so their sum is
    truth = stats.norm.cdf(1.0 / np.sqrt(1 + 0.25 + 0.25 + spread**2))
    held = 0
    for _ in range(300):
        sample = trained(random, random.normal(size=300), 1.0, seeds=3, spread=spread)
        found = estimate_score(sample, bounds=BOUNDS, resamples=300).interval
        held += found.low <= truth <= found.high
    assert held / 300 >= 0.95 - 3 * np.sqrt(0.05 * 0.95 / 300)


def test_seeds_that_lie_apart_widen_the_interval_and_stay_a_figure_of_their_own():
    labels = np.zeros(400, dtype=np.int64)
    near, far = (
        classes(labels, *(np.where(np.arange(400) < wrong, 1, 0) for wrong in wrongs))
        for wrongs in ((40, 41), (20, 61))
    )
    calm, wild = (estimate_score(sample, bounds=BOUNDS) for sample in (near, far))
    assert calm.value == pytest.approx(wild.value)
    assert wild.interval.high - wild.interval.low > 2 * (calm.interval.high - calm.interval.low)
    assert wild.over_examples.high - wild.over_examples.low < 0.07
    assert wild.deviation == pytest.approx(np.std([0.95, 339 / 400], ddof=1))


def test_one_run_leaves_its_seeds_unknown_unless_nothing_in_it_is_left_to_chance():
    labels = np.zeros(100, dtype=np.int64)
    sample = classes(labels, np.where(np.arange(100) < 20, 1, 0))
    model = estimate_score(sample, bounds=BOUNDS)
    baseline = estimate_score(sample, bounds=BOUNDS, is_random=False)
    assert not model.seeds.is_known
    assert baseline.seeds.is_known
    assert model.interval == baseline.interval == model.over_examples
    assert model.deviation is None


def test_no_interval_leaves_the_bounds_of_its_metric():
    labels = np.zeros(50, dtype=np.int64)
    sample = classes(labels, np.where(np.arange(50) < 1, 1, 0), np.where(np.arange(50) < 12, 1, 0))
    found = estimate_score(sample, bounds=BOUNDS).interval
    assert found.high == 1.0
    assert found.low >= 0.0


def test_more_examples_make_a_narrower_interval():
    random = np.random.default_rng(3)
    widths = []
    for size in (100, 1_000, 10_000):
        labels = random.integers(0, 2, size)
        found = estimate_score(classes(labels, guesses(random, labels, 0.8)), bounds=BOUNDS).interval
        widths.append(found.high - found.low)
    assert all(wide > 2 * narrow for wide, narrow in pairwise(widths))


def erring(*wrongs):
    """The estimate of runs that are wrong on so many of 400 rows."""
    labels = np.zeros(400, dtype=np.int64)
    return estimate_score(classes(labels, *(np.where(np.arange(400) < wrong, 1, 0) for wrong in wrongs)), bounds=BOUNDS)


def test_spreads_that_are_alike_become_one_and_each_gains_what_the_others_know():
    wrongs = {"a": (40, 44), "b": (60, 65), "c": (50, 55), "d": (30, 34)}
    plain = {name: erring(*pair) for name, pair in wrongs.items()}
    moderated = moderate_spreads(plain)
    assert {found.seeds.freedom for found in plain.values()} == {1.0}
    assert {found.seeds.freedom for found in moderated.values()} == {4.0}
    common = np.mean([found.deviation**2 for found in plain.values()]) / 2
    assert all(found.seeds.error == pytest.approx(common) for found in moderated.values())
    assert all(found.deviation == plain[name].deviation for name, found in moderated.items())


def test_a_spread_far_from_the_others_is_not_drawn_all_the_way():
    wrongs = {"a": (40, 41), "b": (60, 61), "c": (50, 51), "d": (30, 31), "wild": (20, 180)}
    plain = {name: erring(*pair) for name, pair in wrongs.items()}
    moderated = moderate_spreads(plain)
    assert plain["a"].seeds.error < moderated["a"].seeds.error < moderated["wild"].seeds.error
    assert moderated["wild"].seeds.error < plain["wild"].seeds.error
    assert 1.0 < moderated["a"].seeds.freedom < 5.0


def test_one_seed_borrows_nothing():
    labels = np.zeros(50, dtype=np.int64)
    said = np.where(np.arange(50) < 5, 1, 0)
    alone = {"a": estimate_score(classes(labels, said), bounds=BOUNDS)}
    pair = estimate_score(classes(labels, said, 1 - said), bounds=BOUNDS)
    assert moderate_spreads({**alone, "b": pair, "c": pair})["a"].seeds == alone["a"].seeds
