"""Numbers are learned, scored and shown by the same route as classes."""

import numpy as np
import pytest

from app.config import Dataset, Files
from app.errors import DataError
from app.lab.competitors import build_competitor, train_competitor
from app.lab.datasets import load_examples
from app.lab.evaluation import evaluate_competitor
from app.lab.history import History
from app.lab.parameters import Settings, read_architecture
from app.tasks import REGRESSION

WORDS = ("awful", "poor", "fair", "good", "superb")


@pytest.fixture(scope="module")
def graded():
    """Reviews, and how many stars they give."""
    return load_examples(Dataset(path="builtin/ratings", limit=300), REGRESSION.name)


def write(folder, labels, name="train.csv"):
    lines = [f"the film was {WORDS[int(float(label)) % 5]} {row},{label}" for row, label in enumerate(labels)]
    (folder / name).write_text("\n".join(["text,label", *lines]) + "\n")
    return Dataset(path=Files(train=folder / name))


def train(examples, family, **options):
    architecture = read_architecture(family, family="", checkpoint="", config={})
    settings = Settings(learning_rate=2e-3, epochs=3, batch_size=16, **options)
    competitor = build_competitor(architecture, examples, max_length=16, seed=0)
    history = History("mae")
    trained = train_competitor(competitor, examples, settings, max_length=16, metric="mae", history=history)
    return evaluate_competitor(trained, examples, "mae"), history


def test_numbers_that_follow_from_a_word_are_learned(tmp_path):
    examples = load_examples(write(tmp_path, [row % 5 for row in range(500)]), REGRESSION.name)
    evaluation, history = train(examples, "bert-tiny")
    constant, _ = train(examples, "mean")
    assert evaluation.primary.direction == "min"
    assert evaluation.primary.value < constant.primary.value / 2
    assert evaluation.divergent is None
    losses = history.series("eval_mae")[1]
    assert evaluation.scores["validation"]["mae"] == pytest.approx(min(losses), rel=1e-5)  # the best epoch is kept
    table = evaluation.predictions_table()
    assert list(table.columns) == ["id", "label", "prediction"]
    assert abs(table["label"] - table["prediction"]).mean() == pytest.approx(evaluation.primary.value, rel=1e-5)
    worst = evaluation.worst_mistakes(rows=3)
    assert list(abs(worst["error"])) == sorted(abs(worst["error"]), reverse=True)


def test_a_bag_of_words_is_between_the_mean_and_the_ceiling(graded):
    mean, words = (train(graded, family)[0] for family in ("mean", "tfidf-ridge"))
    assert words.ceiling < words.primary.value < mean.primary.value


def test_a_training_that_came_to_nothing_is_told(graded):
    evaluation, _ = train(graded, "mean")
    at_chance = evaluation.task.is_at_chance(np.zeros(len(evaluation.split)), evaluation.split)
    assert at_chance
    assert not evaluation.task.is_at_chance(np.asarray(evaluation.split.labels), evaluation.split)


@pytest.mark.parametrize("label", ["great", "nan", "inf"])
def test_a_label_that_is_no_number_is_told_with_its_row(tmp_path, label):
    (tmp_path / "train.csv").write_text(f"text,label\na,1.5\nb,{label}\nc,other\n")
    with pytest.raises(DataError, match=rf"train\.csv: row 2: label '{label}' is no number"):
        load_examples(Dataset(path=Files(train=tmp_path / "train.csv")), REGRESSION.name)


def test_one_number_throughout_is_nothing_to_learn(tmp_path):
    with pytest.raises(DataError, match=r"all 3 rows have the label 2\.0"):
        load_examples(write(tmp_path, ["2", "2", "2"]), REGRESSION.name)


def test_minus_one_is_a_number_among_others_and_hidden_alone(tmp_path):
    train_file, test_file = tmp_path / "train.csv", tmp_path / "test.csv"
    train_file.write_text("text,label\n" + "\n".join(f"a{row},{row % 3 - 1}" for row in range(30)))
    test_file.write_text("text,label\nx,-1\ny,-1\n")
    examples = load_examples(Dataset(path=Files(train=train_file, test=test_file)), REGRESSION.name)
    assert -1.0 in examples.splits["train"].labels
    assert "test" not in examples.splits
