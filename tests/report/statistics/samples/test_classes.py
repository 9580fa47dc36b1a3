"""Classes score as in scikit-learn, on the rows as they are and on rows that come up more than once."""

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics

from app.report.statistics.samples.classes import Classes, read_classes
from app.report.statistics.scores import METRICS

MACRO = {"average": "macro", "zero_division": 0}
BY_SCIKIT = {
    "accuracy": metrics.accuracy_score,
    "f1": lambda y, p: metrics.f1_score(y, p, **MACRO),
    "f1_macro": lambda y, p: metrics.f1_score(y, p, **MACRO),
    "f1_weighted": lambda y, p: metrics.f1_score(y, p, average="weighted", zero_division=0),
    "precision": lambda y, p: metrics.precision_score(y, p, **MACRO),
    "recall": lambda y, p: metrics.recall_score(y, p, **MACRO),
    "matthews_correlation": metrics.matthews_corrcoef,
}


@pytest.fixture
def drawn():
    random = np.random.default_rng(0)
    labels = random.integers(0, 9, 200)
    predicted = np.where(random.random((3, 200)) < 0.6, labels, random.integers(0, 9, (3, 200)))
    return labels, predicted, np.bincount(random.integers(0, 200, 200), minlength=200)


@pytest.mark.parametrize("name", METRICS)
def test_a_resample_scores_as_its_rows_written_out(drawn, name):
    labels, predicted, counts = drawn
    sample = Classes(name, tuple("abcdefghi"), np.arange(200), labels, predicted)
    weights = np.stack([np.ones(200), counts], axis=1)
    rows = np.repeat(np.arange(200), counts)
    expected = [[BY_SCIKIT[name](labels, run), BY_SCIKIT[name](labels[rows], run[rows])] for run in predicted]
    assert sample.score(weights) == pytest.approx(np.array(expected))
    assert (sample.runs, sample.units) == (3, 200)


def write(path, ids, labels, predicted):
    pd.DataFrame({"id": ids, "label": labels, "prediction": predicted}).to_parquet(path)
    return path


def test_rows_are_read_by_their_ids(tmp_path):
    first = write(tmp_path / "first", [0, 1, 2], ["a", "b", "a"], ["a", "a", "a"])
    second = write(tmp_path / "second", [2, 0, 1], ["a", "a", "b"], ["b", "a", "b"])
    found = read_classes([first, second], "accuracy", ["a", "b"])
    assert found.predicted.tolist() == [[0, 0, 0], [0, 1, 1]]
    assert found.score(np.ones((3, 1)))[:, 0].tolist() == pytest.approx([2 / 3, 2 / 3])


@pytest.mark.parametrize(
    ("ids", "labels"), [([0, 1, 3], ["a", "b", "a"]), ([0, 1, 2], ["a", "b", "b"]), ([0, 1, 1], ["a", "b", "a"])]
)
def test_other_rows_are_no_sample(tmp_path, ids, labels):
    first = write(tmp_path / "first", [0, 1, 2], ["a", "b", "a"], ["a", "a", "a"])
    assert read_classes([first, write(tmp_path / "other", ids, labels, labels)], "accuracy", ["a", "b"]) is None


def test_a_file_that_is_absent_torn_or_empty_is_no_sample(tmp_path):
    (tmp_path / "torn").write_bytes(b"PAR1")
    write(tmp_path / "empty", [], [], [])
    for name in ("torn", "empty", "absent"):
        assert read_classes([tmp_path / name], "accuracy", ["a", "b"]) is None
    assert read_classes([], "accuracy", ["a", "b"]) is None


def test_a_class_that_only_one_run_comes_up_with_changes_no_key(tmp_path):
    labels = ["a", "b", "a"]
    first = read_classes([write(tmp_path / "x", [0, 1, 2], labels, ["a", "odd", "a"])], "accuracy", ["a", "b"])
    second = read_classes([write(tmp_path / "y", [0, 1, 2], labels, labels)], "accuracy", ["a", "b"])
    assert first.key == second.key
    assert first.names == ("a", "b", "odd")
