"""Reliability is what scikit-learn computes from the same answers."""

import numpy as np
import pytest
from sklearn.calibration import calibration_curve

from app.lab.metrics import bins
from app.report.statistics.calibration import BINS, measure_reliability


@pytest.fixture
def answers():
    random = np.random.default_rng(0)
    confidence = np.round(0.3 + 0.7 * random.random(2000), 2)  # some on the edges of bins
    return confidence, random.random(2000) < confidence**1.5


def test_the_curve_is_that_of_scikit_learn(answers):
    confidence, right = answers
    found = measure_reliability(confidence, right)
    accuracy, mean = calibration_curve(right, confidence, n_bins=BINS)
    there = found.counts > 0
    np.testing.assert_allclose(found.accuracy[there], accuracy)
    np.testing.assert_allclose(found.confidence[there], mean)


def test_the_error_is_the_metric_with_other_bins(answers, monkeypatch):
    confidence, right = answers
    monkeypatch.setattr(bins, "BINS", BINS)
    inner = ~np.isclose(confidence * BINS % 1, 0)  # off the edges, where half a rounding error decides
    confidence, right = confidence[inner], right[inner]
    probabilities = np.stack([confidence, 1 - confidence], axis=1)[confidence > 0.5]
    truth = np.where(right, 0, 1)[confidence > 0.5]
    found = measure_reliability(confidence[confidence > 0.5], right[confidence > 0.5])
    assert found.error == pytest.approx(bins.calibration_error(truth, probabilities))


def test_one_that_is_too_sure_has_a_surplus():
    assert measure_reliability(np.full(10, 0.9), np.arange(10) < 6).surplus == pytest.approx(0.3)
    assert measure_reliability(np.full(10, 0.5), np.arange(10) < 6).surplus == pytest.approx(-0.1)


def test_scores_that_are_no_numbers_do_not_count():
    found = measure_reliability(np.array([np.nan, 0.8]), np.array([True, True]))
    assert found.counts.sum() == 1
    assert found.error == pytest.approx(0.2)
    assert measure_reliability(np.array([np.nan]), np.array([True])) is None
