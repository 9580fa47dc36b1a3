from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from app.report.statistics.classes import Predictions
from app.report.statistics.intervals import paired_difference, prediction_interval, score_interval, student_t
from app.report.statistics.scores import METRICS

ACCURACY = METRICS["accuracy"]


def predictions(labels: NDArray[np.int64], *predicted: NDArray[np.int64], classes: int = 2) -> Predictions:
    names = tuple(map(str, range(classes)))
    return Predictions(names, np.arange(len(labels)), labels, np.stack(predicted))


def guesses(random: np.random.Generator, labels: NDArray[np.int64], accuracy: float) -> NDArray[np.int64]:
    return np.where(random.random(len(labels)) < accuracy, labels, 1 - labels)


def test_the_interval_covers_the_true_accuracy_as_often_as_it_says() -> None:
    random = np.random.default_rng(0)
    covered = 0
    for _ in range(400):
        labels = random.integers(0, 2, 300)
        found = score_interval(predictions(labels, guesses(random, labels, 0.85)), ACCURACY, resamples=400)
        covered += found.low <= 0.85 <= found.high
    # 95 % within three standard errors of 400 trials, less what a percentile interval is known to lack
    assert 0.915 <= covered / 400 <= 0.985


def test_without_a_true_difference_false_alarms_are_as_rare_as_promised() -> None:
    random = np.random.default_rng(1)
    alarms = 0
    for _ in range(400):
        labels = random.integers(0, 2, 300)
        first, second = (predictions(labels, guesses(random, labels, 0.8)) for _ in range(2))
        found = paired_difference(first, second, ACCURACY, resamples=400)
        alarms += found is not None and found.excludes_zero
    assert alarms / 400 <= 0.085


def test_the_estimate_is_the_mean_score_over_seeds() -> None:
    labels = np.array([0, 1, 0, 1])
    found = score_interval(predictions(labels, labels, np.array([0, 1, 1, 0])), ACCURACY)
    assert found.estimate == 0.75


def test_identical_predictions_differ_by_exactly_nothing() -> None:
    random = np.random.default_rng(2)
    labels = random.integers(0, 2, 100)
    same = predictions(labels, guesses(random, labels, 0.7))
    found = paired_difference(same, same, ACCURACY)
    assert found is not None
    assert (found.estimate, found.low, found.high) == (0, 0, 0)
    assert not found.excludes_zero


def test_more_examples_make_a_narrower_interval() -> None:
    random = np.random.default_rng(3)
    widths = []
    for size in (100, 1_000, 10_000):
        labels = random.integers(0, 2, size)
        found = score_interval(predictions(labels, guesses(random, labels, 0.8)), ACCURACY)
        widths.append(found.high - found.low)
    assert all(wide > 2 * narrow for wide, narrow in pairwise(widths))


def test_the_same_predictions_have_the_same_interval_each_time() -> None:
    random = np.random.default_rng(4)
    labels = random.integers(0, 2, 200)
    given = predictions(labels, guesses(random, labels, 0.8))
    assert score_interval(given, ACCURACY) == score_interval(given, ACCURACY)


def test_other_examples_have_no_paired_difference() -> None:
    first = predictions(np.array([0, 1]), np.array([0, 1]))
    second = predictions(np.array([0, 1, 1]), np.array([0, 1, 1]))
    assert paired_difference(first, second, ACCURACY) is None


def test_swapping_the_two_turns_the_difference_round() -> None:
    random = np.random.default_rng(5)
    labels = random.integers(0, 2, 500)
    good, bad = (predictions(labels, guesses(random, labels, share)) for share in (0.9, 0.7))
    there, back = paired_difference(good, bad, ACCURACY), paired_difference(bad, good, ACCURACY)
    assert there is not None
    assert back is not None
    assert there.estimate == pytest.approx(-back.estimate)
    assert there.low > 0 > back.high


# Abramowitz & Stegun (1964), table 26.10, column 0.95
@pytest.mark.parametrize(
    ("freedom", "t"), [(1, 12.706), (2, 4.303), (3, 3.182), (4, 2.776), (5, 2.571), (10, 2.228), (30, 2.042)]
)
def test_students_t_is_that_of_the_printed_table(freedom: int, t: float) -> None:
    assert student_t(0.95, freedom) == pytest.approx(t, abs=5e-4)


def test_one_run_has_no_prediction_interval_and_equal_runs_one_without_width() -> None:
    assert prediction_interval([0.8]) is None
    found = prediction_interval([0.8, 0.8, 0.8])
    assert found is not None
    assert (found.low, found.high) == (found.estimate, found.estimate) == (0.8, 0.8)


def test_a_prediction_interval_is_the_mean_with_t_times_s_times_the_root_of_one_and_a_third() -> None:
    found = prediction_interval([0.70, 0.72, 0.74])
    assert found is not None
    reach = 4.302653 * 0.02 * (4 / 3) ** 0.5
    assert (found.low, found.high) == pytest.approx((0.72 - reach, 0.72 + reach), abs=1e-6)
