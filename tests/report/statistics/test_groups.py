"""The score of a group is that of its examples alone."""

import numpy as np
import pytest
from sklearn import metrics

from app.report.statistics.groups import Groups, bin_evenly, choose_measure, group_values, stands_out
from tests.report.golden import Made, make_benchmark
from tests.report.kinds import make_entities, make_ratings
from tests.report.test_answers import PAIR, read

ODD = Groups(("even", "odd"), np.arange(120) % 2)
SCORERS = {
    "accuracy": metrics.accuracy_score,
    "f1_macro": lambda truth, said: metrics.f1_score(truth, said, average="macro", zero_division=0),
    "matthews_correlation": metrics.matthews_corrcoef,
}


@pytest.mark.parametrize("name", SCORERS)
def test_classes_are_scored_as_scikit_learn_does_and_seeds_averaged(tmp_path, name):
    answers = read(make_benchmark(tmp_path, PAIR, labels=("x", "y", "z"), examples=120, pages=False))
    model = answers.models[0]
    found = choose_measure(answers.kind, name).measure(answers, model, ODD)
    for code in (0, 1):
        own = ODD.codes == code
        expected = np.mean([SCORERS[name](answers.truth[own], said[own]) for said in model.said])
        assert found[code] == pytest.approx(expected)


def test_numbers_are_scored_by_their_error_whatever_ranks(tmp_path):
    answers = read(make_ratings(tmp_path, PAIR))
    measure = choose_measure(answers.kind, "spearman")
    assert measure.lower_is_better
    found = measure.measure(answers, answers.models[0], ODD)
    errors = np.abs(answers.models[0].said - answers.truth)
    np.testing.assert_allclose(found, [errors[:, ODD.codes == code].mean() for code in (0, 1)])


def test_entities_are_scored_by_what_is_found(tmp_path):
    answers = read(make_entities(tmp_path, [Made(architecture="a", quality=0.6)]))
    found = choose_measure(answers.kind, "token_accuracy").measure(answers, answers.models[0], ODD)
    hits = answers.models[0].said[0] == answers.truth
    for code in (0, 1):
        recall = hits[ODD.codes == code].mean()
        assert found[code] == pytest.approx(2 * recall / (1 + recall))  # nothing is made up: precision is 1


def test_what_cannot_be_told_of_a_part_gives_way_to_what_can():
    assert choose_measure("text-classification", "auroc").name == "accuracy"
    assert choose_measure("causal-lm", "perplexity") is None


@pytest.mark.parametrize(
    ("values", "names", "sizes"),
    [
        (range(1, 11), ("1–2", "3–4", "5–6", "7–8", "9–10"), [2, 2, 2, 2, 2]),
        ([3] * 9, ("3",), [9]),
        ([1] * 90 + [2] * 5 + [9] * 5, ("1", "2–9"), [90, 10]),
        ([5, 4], ("4", "5"), [1, 1]),
    ],
)
def test_bins_have_about_equally_many_and_equal_values_stay_together(values, names, sizes):
    groups = bin_evenly(np.array(values), 5, lambda value: f"{value:.0f}")
    assert groups.names == names
    assert groups.sizes.tolist() == sizes


def test_the_most_frequent_values_have_a_group_each_and_the_others_one():
    groups = group_values(["a", "b", "b", "", "", "", "d"], 2)
    assert groups.names == ("(empty)", "b", "2 others")
    assert groups.codes.tolist() == [2, 1, 1, 0, 0, 0, 2]
    assert group_values(["a", "b"], 2).names == ("a", "b")


def test_a_group_stands_out_when_chance_does_not_explain_it(tmp_path):
    answers = read(make_benchmark(tmp_path, PAIR, examples=600, pages=False))
    model = answers.models[1]
    wrong = (model.said != answers.truth).any(axis=0)
    assert stands_out(answers, model, Groups(("right", "wrong"), wrong.astype(int)), 1)
    chances = [
        stands_out(answers, model, Groups(("a", "b"), np.random.default_rng(seed).integers(0, 2, 600)), 0)
        for seed in range(100)
    ]
    assert sum(chances) <= 8  # one in twenty or fewer, since two are asked about
