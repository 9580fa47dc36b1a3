"""Resamples are drawn once, each with as many units as there are."""

import numpy as np
import pytest
from scipy import stats

from app.report.statistics.bootstrap import draw_scores
from tests.report.statistics.made import classes, guesses


class Counted:
    """A sample whose score is its weights."""

    runs, units, key = 5, 5, ""

    def score(self, weights):
        return weights


def test_every_resample_has_as_many_units_as_there_are():
    drawn = draw_scores(Counted(), resamples=300).resampled
    assert drawn.shape == (5, 300)
    assert np.all(drawn.sum(0) == 5)
    assert drawn.mean() == pytest.approx(1.0)


def test_the_same_sample_has_the_same_draws_each_time():
    random = np.random.default_rng(4)
    labels = random.integers(0, 2, 200)
    given = classes(labels, guesses(random, labels, 0.8))
    assert np.array_equal(draw_scores(given).resampled, draw_scores(given).resampled)


def test_the_spread_of_an_accuracy_is_the_binomial_one():
    random = np.random.default_rng(0)
    labels = random.integers(0, 2, 1000)
    drawn = draw_scores(classes(labels, guesses(random, labels, 0.8)))
    share = drawn.measured[0]
    assert drawn.means.std() == pytest.approx(np.sqrt(share * (1 - share) / 1000), rel=0.05)


def test_the_percentiles_are_those_of_scipys_bootstrap():
    random = np.random.default_rng(1)
    labels = random.integers(0, 2, 300)
    said = guesses(random, labels, 0.85)
    own = np.quantile(draw_scores(classes(labels, said)).means, [0.025, 0.975])
    right = (said == labels).astype(float)
    found = stats.bootstrap((right,), np.mean, n_resamples=2000, method="percentile", rng=random).confidence_interval
    assert own == pytest.approx([found.low, found.high], abs=0.006)
