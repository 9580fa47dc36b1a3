"""Scores of entities get intervals over sentences, from the counts that predictions keep."""

import numpy as np
import pandas as pd
import pytest

from app.report.statistics.entities import read_counts
from app.report.statistics.intervals import paired_difference, score_interval
from app.report.statistics.scores import ENTITY_METRICS
from app.tasks import TAGGING

F1 = ENTITY_METRICS["entity_f1"]


def write(path, true, predicted, correct):
    ids = np.random.default_rng(0).permutation(len(true))  # read by id, whatever the order of the rows
    columns = {"entities": true, "predicted": predicted, "correct": correct}
    pd.DataFrame({"id": ids, **{name: np.asarray(values)[ids] for name, values in columns.items()}}).to_parquet(path)
    return path


@pytest.fixture
def sentences(tmp_path):
    draw = np.random.default_rng(0)
    true = draw.integers(0, 4, 300)
    good, bad = draw.binomial(true, 0.8), draw.binomial(true, 0.3)
    return write(tmp_path / "good", true, true, good), write(tmp_path / "bad", true, true + 1, bad), true, good, bad


def test_the_estimate_is_the_score_of_all_entities(sentences):
    one, two, true, good, bad = sentences
    interval = score_interval(read_counts([one]), F1)
    assert interval.estimate == pytest.approx(2 * good.sum() / (2 * true.sum()))
    assert interval.low < interval.estimate < interval.high < interval.low + 0.1
    both = score_interval(read_counts([one, two]), F1)
    worse = 2 * bad.sum() / (2 * true.sum() + len(true))
    assert both.estimate == pytest.approx((interval.estimate + worse) / 2)
    for name, of in (("entity_recall", true), ("entity_precision", true + 1)):
        assert score_interval(read_counts([two]), ENTITY_METRICS[name]).estimate == pytest.approx(bad.sum() / of.sum())
    assert {*ENTITY_METRICS, "token_accuracy"} == set(TAGGING.metrics)


def test_a_difference_is_over_the_same_sentences(sentences):
    one, two, *_ = sentences
    better = paired_difference(read_counts([one]), read_counts([two]), F1)
    assert better.excludes_zero
    same = paired_difference(read_counts([one]), read_counts([one]), F1)
    assert (same.low, same.estimate, same.high) == (0, 0, 0)


def test_runs_over_other_sentences_are_not_compared(sentences, tmp_path):
    one, _, true, good, _ = sentences
    other = write(tmp_path / "other", true[::-1], true[::-1], good[::-1])
    assert paired_difference(read_counts([one]), read_counts([other]), F1) is None
    assert read_counts([one, other]) is None
    assert read_counts([tmp_path / "absent"]) is None
    assert read_counts([]) is None
