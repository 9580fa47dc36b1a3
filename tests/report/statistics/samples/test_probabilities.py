"""Probabilities score as in the lab, on the rows as they are and on rows that come up more than once."""

import numpy as np
import pandas as pd
import pytest

from app.lab.metrics import score_classes
from app.report.statistics.samples.probabilities import PROBABILITY_METRICS, Probabilities, read_probabilities
from app.report.statistics.scores import METRICS
from app.tasks import CLASSIFICATION


@pytest.mark.parametrize("name", PROBABILITY_METRICS)
@pytest.mark.parametrize("classes", [2, 5])
def test_a_resample_scores_as_its_rows_written_out(name, classes):
    random = np.random.default_rng(classes)
    labels = random.integers(0, classes, 300)
    given = random.dirichlet(np.ones(classes), size=(2, 300)).round(2)  # with ties
    given[:, np.arange(300), labels] += 0.2
    given /= given.sum(-1, keepdims=True)
    counts = np.bincount(random.integers(0, 300, 300), minlength=300)
    rows = np.repeat(np.arange(300), counts)
    sample = Probabilities(name, np.arange(300), labels, given)
    expected = [[score_classes(name, run, labels), score_classes(name, run[rows], labels[rows])] for run in given]
    assert sample.score(np.stack([np.ones(300), counts], axis=1)) == pytest.approx(np.array(expected))


def test_a_resample_without_a_class_has_no_area():
    sample = Probabilities("auroc", np.arange(2), np.array([0, 1]), np.array([[[0.9, 0.1], [0.2, 0.8]]]))
    assert sample.score(np.array([[1.0, 2.0], [1.0, 0.0]]))[0] == pytest.approx([1.0, np.nan], nan_ok=True)


def test_every_metric_of_the_kind_can_be_resampled():
    assert {*METRICS, *PROBABILITY_METRICS} == set(CLASSIFICATION.metrics)


def test_files_without_a_score_for_each_class_are_no_sample(tmp_path):
    for name, scores in (("good", [[0.5, 0.5], [0.1, 0.9]]), ("short", [[0.5], [0.9]])):
        pd.DataFrame({"id": [0, 1], "label": ["a", "b"], "scores": scores}).to_parquet(tmp_path / name)
    assert read_probabilities([tmp_path / "good"], "auroc", ["a", "b"]).scores.shape == (1, 2, 2)
    assert read_probabilities([tmp_path / "short"], "auroc", ["a", "b"]) is None
    assert read_probabilities([tmp_path / "absent"], "auroc", ["a", "b"]) is None
