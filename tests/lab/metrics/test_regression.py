"""The scores of numbers are scipy's and scikit-learn's."""

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics as sk

from app.lab.metrics import RegressionScores, score_numbers
from app.tasks import REGRESSION


@pytest.mark.parametrize("seed", range(3))
def test_scores_agree_with_scipy_and_scikit_learn_on_random_numbers(seed):
    random = np.random.default_rng(seed)
    references = random.integers(0, 6, 200).astype(float)  # with ties
    predictions = references + random.normal(0, 2, 200)
    scores = {name: score_numbers(name, predictions, references) for name in REGRESSION.metrics}
    assert scores == pytest.approx(
        {
            "pearson": stats.pearsonr(references, predictions)[0],
            "spearman": stats.spearmanr(references, predictions)[0],
            "mae": sk.mean_absolute_error(references, predictions),
            "mse": sk.mean_squared_error(references, predictions),
        }
    )
    assert RegressionScores().compute(predictions=predictions, references=references) == pytest.approx(scores)


def test_a_constant_has_an_error_and_no_correlation():
    assert score_numbers("mae", [1.0, 1.0], [0.0, 2.0]) == 1.0
    assert np.isnan(score_numbers("spearman", [1.0, 1.0], [0.0, 2.0]))


def test_what_is_no_number_has_no_score():
    assert np.isnan(score_numbers("mse", [np.nan, 1.0], [0.0, 2.0]))
