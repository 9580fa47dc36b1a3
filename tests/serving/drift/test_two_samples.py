"""Two samples of one distribution differ by chance; of two, by more."""

import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint

from app.serving.drift.two_samples import (
    compare_accuracy,
    compare_labels,
    compare_numbers,
    compare_shares,
    wilson_interval,
)


@pytest.fixture
def random():
    return np.random.default_rng(0)


def rates(test, looks=150):
    """How often p is below 0.05."""
    return np.mean([test(np.random.default_rng(look)).p_value < 0.05 for look in range(looks)])


def test_numbers_of_one_distribution_are_told_apart_as_often_as_stated_at_most():
    assert rates(lambda random: compare_numbers(random.normal(size=300), random.normal(size=150))) < 0.09
    # many ties, as lengths have: the test errs on the side of no drift
    assert rates(lambda random: compare_numbers(random.poisson(3, 300) * 1.0, random.poisson(3, 150) * 1.0)) < 0.05


def test_numbers_that_have_moved_or_spread_are_seen_with_their_distance(random):
    moved = compare_numbers(random.normal(size=500), random.normal(1.0, size=500))
    assert moved.p_value < 1e-6
    assert moved.effect == pytest.approx(0.38, abs=0.08)  # 2 Φ(1/2) - 1
    assert compare_numbers(random.normal(size=500), random.normal(scale=3.0, size=500)).p_value < 1e-6


def test_labels_of_one_distribution_are_told_apart_as_often_as_stated_at_most():
    weights = np.arange(1, 21) / np.arange(1, 21).sum()

    def draw(random, size):
        return [f"label {place}" for place in random.choice(20, size, p=weights)]

    assert rates(lambda random: compare_labels(draw(random, 300), draw(random, 120)), looks=30) < 0.17


def test_labels_of_many_classes_are_not_far_apart_by_chance_alone(random):
    names = [str(place) for place in random.integers(0, 77, 1200)]
    assert compare_labels(names[:1000], names[1000:]).effect < 0.05


def test_labels_that_are_spread_otherwise_are_seen(random):
    before = ["yes"] * 500 + ["no"] * 500
    found = compare_labels(before, ["yes"] * 160 + ["no"] * 40)
    assert found.p_value == pytest.approx(1e-4)  # the least that 9,999 permutations can say
    assert found.effect == pytest.approx(0.3, abs=0.04)


def test_a_label_that_was_never_predicted_before_counts(random):
    assert compare_labels(["a"] * 300, ["a"] * 100 + ["b"] * 20).p_value < 0.001


def test_shares_are_compared_exactly():
    before, now = np.repeat([True, False], [10, 990]), np.repeat([True, False], [30, 170])
    found = compare_shares(before, now)
    assert found.p_value < 1e-6
    assert found.effect == pytest.approx(0.14)
    assert compare_shares(before, np.zeros(200, dtype=bool)).p_value > 0.05


def test_accuracy_counts_where_it_falls_alone():
    good, bad = np.repeat([True, False], [90, 10]), np.repeat([True, False], [60, 40])
    assert compare_accuracy(good, bad).p_value < 0.001
    assert compare_accuracy(good, bad).effect == pytest.approx(0.3)
    assert compare_accuracy(bad, good).p_value > 0.99


@pytest.mark.parametrize(("right", "of"), [(0, 30), (30, 30), (27, 31)])
def test_the_interval_of_a_share_is_wilsons(right, of):
    assert wilson_interval(right, of) == pytest.approx(proportion_confint(right, of, method="wilson"), abs=1e-9)
