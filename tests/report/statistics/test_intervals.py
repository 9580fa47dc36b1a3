"""Intervals, and Student's distribution behind them."""

import math

import pytest
from scipy import stats

from app.report.statistics.intervals import prediction_interval, student_t, tail_probability


# Abramowitz & Stegun (1964), table 26.10, column 0.95
@pytest.mark.parametrize(
    ("freedom", "t"), [(1, 12.706), (2, 4.303), (3, 3.182), (4, 2.776), (5, 2.571), (10, 2.228), (30, 2.042)]
)
def test_students_t_is_that_of_the_printed_table(freedom, t):
    assert student_t(0.95, freedom) == pytest.approx(t, abs=5e-4)


def test_with_infinite_freedom_the_distribution_is_normal():
    assert student_t(0.95, math.inf) == pytest.approx(1.959964, abs=1e-6)
    assert tail_probability(1.959964, math.inf) == pytest.approx(0.05, abs=1e-6)
    assert tail_probability(-3.0, 4.5) == pytest.approx(2 * stats.t.sf(3.0, 4.5))


def test_one_run_has_no_prediction_interval_and_equal_runs_one_without_width():
    assert prediction_interval([0.8]) is None
    found = prediction_interval([0.8, 0.8, 0.8])
    assert (found.low, found.high) == (found.estimate, found.estimate) == (0.8, 0.8)


def test_a_prediction_interval_is_the_mean_with_t_times_s_times_the_root_of_one_and_a_third():
    found = prediction_interval([0.70, 0.72, 0.74])
    reach = 4.302653 * 0.02 * (4 / 3) ** 0.5
    assert (found.low, found.high) == pytest.approx((0.72 - reach, 0.72 + reach), abs=1e-6)
