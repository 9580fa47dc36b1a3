"""Entities are counted over sentences, and tags over words."""

import numpy as np
import pandas as pd
import pytest

from app.report.statistics.samples import read_sample
from app.report.statistics.samples.entities import read_entities
from app.report.statistics.scores import ENTITY_METRICS
from app.tasks import TAGGING


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


def test_the_score_is_that_of_all_entities(sentences):
    one, two, true, good, bad = sentences
    weights = np.ones((300, 1))
    f1 = read_entities([one, two], "entity_f1").score(weights)[:, 0]
    assert f1 == pytest.approx([2 * good.sum() / (2 * true.sum()), 2 * bad.sum() / (2 * true.sum() + len(true))])
    recall, precision = (
        read_entities([two], f"entity_{name}").score(weights)[0, 0] for name in ("recall", "precision")
    )
    assert (recall, precision) == pytest.approx((bad.sum() / true.sum(), bad.sum() / (true + 1).sum()))


def test_every_metric_of_the_kind_can_be_resampled(tmp_path):
    path = tmp_path / "tags"
    tags = {"label": [["O", "B-PER"], ["O"]], "prediction": [["O", "O"], ["O"]]}
    pd.DataFrame({"id": [0, 1], **tags, "entities": [1, 0], "predicted": [0, 0], "correct": [0, 0]}).to_parquet(path)
    for metric in TAGGING.metrics:
        assert read_sample([path], metric, kind=TAGGING.name, labels=[]) is not None
    accuracy = read_sample([path], "token_accuracy", kind=TAGGING.name, labels=[])
    assert accuracy.score(np.array([[1.0, 2.0], [1.0, 0.0]]))[0] == pytest.approx([2 / 3, 1 / 2])
    assert {*ENTITY_METRICS, "token_accuracy"} == set(TAGGING.metrics)


def test_runs_over_other_sentences_are_not_compared(sentences, tmp_path):
    one, _, true, good, _ = sentences
    other = write(tmp_path / "other", true[::-1], true[::-1], good[::-1])
    assert read_entities([one], "entity_f1").key != read_entities([other], "entity_f1").key
    assert read_entities([one, other], "entity_f1") is None
    assert read_entities([tmp_path / "absent"], "entity_f1") is None
    assert read_entities([], "entity_f1") is None
