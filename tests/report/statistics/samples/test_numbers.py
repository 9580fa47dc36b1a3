"""Numbers score as in scipy, on the rows as they are and on rows that come up more than once."""

import numpy as np
import pandas as pd
import pytest

from app.lab.metrics import score_numbers
from app.report.statistics.samples.numbers import NUMBER_METRICS, Numbers, read_numbers
from app.tasks import REGRESSION


@pytest.mark.parametrize("name", NUMBER_METRICS)
def test_a_resample_scores_as_its_rows_written_out(name):
    random = np.random.default_rng(0)
    labels = random.integers(0, 6, 150) / 2.0  # with ties
    predicted = (labels + random.normal(size=(3, 150))).round(1)
    counts = np.bincount(random.integers(0, 150, 150), minlength=150)
    rows = np.repeat(np.arange(150), counts)
    sample = Numbers(name, np.arange(150), labels, predicted)
    expected = [[score_numbers(name, run, labels), score_numbers(name, run[rows], labels[rows])] for run in predicted]
    assert sample.score(np.stack([np.ones(150), counts], axis=1)) == pytest.approx(np.array(expected))


def test_every_metric_of_the_kind_can_be_resampled():
    assert set(NUMBER_METRICS) == set(REGRESSION.metrics)


@pytest.mark.parametrize("name", ["pearson", "spearman"])
def test_a_constant_correlates_with_nothing(name):
    sample = Numbers(name, np.arange(3), np.array([1.0, 2.0, 3.0]), np.array([[2.0, 2.0, 2.0], [1.0, 2.0, 4.0]]))
    constant, good = sample.score(np.ones((3, 1)))[:, 0]
    assert np.isnan(constant)
    assert good > 0.9


def test_files_with_other_labels_or_no_numbers_are_no_sample(tmp_path):
    def write(name, labels, predicted):
        pd.DataFrame({"id": [1, 0], "label": labels, "prediction": predicted}).to_parquet(tmp_path / name)
        return tmp_path / name

    good, other = write("good", [1.0, 2.0], [1.5, 2.5]), write("other", [1.0, 3.0], [1.5, 2.5])
    assert read_numbers([good], "mae").labels.tolist() == [2.0, 1.0]
    assert read_numbers([good, other], "mae") is None
    assert read_numbers([write("nan", [1.0, 2.0], [np.nan, 2.5])], "mae") is None
    assert read_numbers([write("words", ["a", "b"], ["a", "b"])], "mae") is None
