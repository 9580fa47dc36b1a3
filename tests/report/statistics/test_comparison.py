"""A difference is called real when it is, and as rarely as promised when it is not."""

import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import TTestIndPower
from statsmodels.stats.proportion import confint_proportions_2indep

from app.report.statistics.comparison import (
    Difference,
    adjust_holm,
    compare_all,
    differ,
    rank_groups,
    smallest_difference,
)
from app.report.statistics.estimates import estimate_score, moderate_spreads
from tests.report.statistics.made import classes, guesses, trained

BOUNDS = (0.0, 1.0)


def estimate(sample, resamples=2000):
    return estimate_score(sample, bounds=BOUNDS, resamples=resamples)


@pytest.mark.parametrize(("seeds", "spread"), [(1, 0.0), (2, 0.0), (2, 0.3), (3, 0.0), (3, 0.1), (3, 0.3), (5, 0.3)])
def test_without_a_true_difference_false_alarms_are_as_rare_as_promised(seeds, spread):
    random = np.random.default_rng(seeds)
    alarms = 0
    for _ in range(300):
        difficulty = random.normal(size=200)
        one, other = (estimate(trained(random, difficulty, 1.0, seeds=seeds, spread=spread), 200) for _ in range(2))
        alarms += differ(one, other).p_value < 0.05
    # 5 % and three standard errors of 300 trials
    assert alarms / 300 <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 300)


@pytest.mark.parametrize("spreads", [(0.0,) * 6, (0.1,) * 6, (0.3,) * 6])
@pytest.mark.parametrize("seeds", [2, 3])
def test_with_many_models_alike_some_pair_is_called_different_as_rarely_as_promised(seeds, spreads):
    random = np.random.default_rng(9)
    alarms = 0
    for _ in range(100):
        difficulty = random.normal(size=200)
        models = {
            place: estimate(trained(random, difficulty, 1.0, seeds=seeds, spread=spread), 200)
            for place, spread in enumerate(spreads)
        }
        alarms += any(difference.is_real for difference in compare_all(moderate_spreads(models)).values())
    assert alarms / 100 <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 100)


def test_a_true_difference_is_found():
    random = np.random.default_rng(2)
    difficulty = random.normal(size=600)
    good, bad = (estimate(trained(random, difficulty, skill, seeds=3, spread=0.02)) for skill in (1.5, 0.8))
    found = differ(good, bad)
    assert found.p_value < 0.001
    assert found.low > 0
    assert found.is_paired


def test_other_rows_are_compared_without_pairing():
    random = np.random.default_rng(3)
    first, second = (random.integers(0, 2, size) for size in (500, 500))
    said = [guesses(random, labels, accuracy) for labels, accuracy in ((first, 0.9), (second, 0.8))]
    found = differ(estimate(classes(first, said[0])), estimate(classes(second, said[1])))
    assert not found.is_paired
    right = [int((choice == labels).sum()) for choice, labels in zip(said, (first, second), strict=True)]
    low, high = confint_proportions_2indep(right[0], 500, right[1], 500, method="wald")
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.005)


def test_identical_predictions_differ_by_exactly_nothing():
    random = np.random.default_rng(2)
    labels = random.integers(0, 2, 100)
    same = estimate(classes(labels, guesses(random, labels, 0.7)))
    found = differ(same, same)
    assert (found.estimate, found.low, found.high, found.p_value) == (0, 0, 0, 1)


def test_swapping_the_two_turns_the_difference_round():
    random = np.random.default_rng(5)
    labels = random.integers(0, 2, 500)
    models = {str(share): estimate(classes(labels, guesses(random, labels, share))) for share in (0.9, 0.7)}
    found = compare_all(models)
    there, back = found["0.9", "0.7"], found["0.7", "0.9"]
    assert (there.estimate, there.low, there.high) == (-back.estimate, -back.high, -back.low)
    assert there.adjusted == back.adjusted


def test_holms_correction_is_that_of_statsmodels():
    random = np.random.default_rng(6)
    for size in (1, 2, 7, 40):
        p_values = random.random(size) ** 3
        assert adjust_holm(list(p_values)) == pytest.approx(multipletests(p_values, method="holm")[1])
    assert adjust_holm([]) == []


def made(value, real):
    return Difference(value, value - 1, value + 1, adjusted=0.01 if real else 0.9)


def test_those_that_cannot_be_told_apart_share_a_rank():
    scores = {"a": 3.0, "b": 2.9, "c": 2.0, "d": 1.0}
    unclear = {frozenset("ab"), frozenset("bc"), frozenset("cd")}
    differences = {
        (one, other): made(scores[one] - scores[other], frozenset((one, other)) not in unclear)
        for one in scores
        for other in scores
        if one != other
    }
    found = {name: (ranks.first, ranks.last) for name, ranks in rank_groups("abcd", differences, 1.0).items()}
    assert found == {"a": (1, 2), "b": (1, 3), "c": (2, 4), "d": (3, 4)}
    lower_is_better = rank_groups("abcd", differences, -1.0)
    assert (lower_is_better["a"].first, lower_is_better["d"].first) == (3, 1)


def test_the_smallest_difference_is_that_of_the_power_of_a_t_test():
    found = smallest_difference([Difference(0.0, -1, 1, deviation=0.1, freedom=18.0)], comparisons=1)
    # two groups of ten with standard deviation s differ with a standard error of s * sqrt(2 / 10)
    effect = TTestIndPower().solve_power(nobs1=10, alpha=0.05, power=0.8)
    assert found == pytest.approx(effect * 0.1 / np.sqrt(2 / 10), rel=0.02)
    assert smallest_difference([], comparisons=1) is None
