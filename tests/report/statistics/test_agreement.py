"""Agreement is counted over pairs of runs."""

import itertools

import numpy as np
import pytest

from app.report.statistics.agreement import measure_agreement
from tests.report.golden import Made, make_benchmark
from tests.report.kinds import make_ratings
from tests.report.test_answers import read

RUNS = [
    Made(architecture=name, seed=seed, quality=0.8)
    for name, seeds in (("a", 3), ("b", 2), ("c", 1))
    for seed in range(seeds)
]


def test_it_is_the_mean_share_of_equal_answers_over_pairs_of_runs(tmp_path):
    answers = read(make_benchmark(tmp_path, RUNS, labels=("x", "y", "z"), examples=80, pages=False))
    shares = measure_agreement(answers)
    models = answers.models
    for one, other in itertools.product(range(3), repeat=2):
        pairs = [
            np.mean(first == second)
            for i, first in enumerate(models[one].said)
            for j, second in enumerate(models[other].said)
            if one != other or i < j
        ]
        expected = np.mean(pairs) if pairs else np.nan
        assert shares[one, other] == pytest.approx(expected, nan_ok=True)
    assert np.isnan(np.diag(shares)).sum() == 1


def test_of_numbers_it_is_the_correlation(tmp_path):
    answers = read(make_ratings(tmp_path, [Made(architecture="a"), Made(architecture="b", quality=0.5)]))
    one, other = (model.said[0] for model in answers.models)
    assert measure_agreement(answers)[0, 1] == pytest.approx(np.corrcoef(one, other)[0, 1])
