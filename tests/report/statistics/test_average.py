"""The average of a suite is GLUE's, by numbers worked out by hand, and is not given where a task has no score."""

import math

import pytest

from app.report.statistics.average import average_suite
from app.report.suites import read_suite
from tests.report.suites import FAILED, MISSING, make_suite

GLUE = {
    "cola": ["matthews_correlation"],
    "mrpc": ["f1", "accuracy"],
    "stsb": ["pearson", "spearman"],
    "mnli": ["accuracy", "mismatched.accuracy"],
}
SCORES = {
    "cola": [{"validation": {"matthews_correlation": 0.40}}, {"validation": {"matthews_correlation": 0.50}}],
    "mrpc": [{"validation": {"f1": 0.88, "accuracy": 0.80}, "test": {"f1": 0.1, "accuracy": 0.1}}],
    "stsb": [{"validation": {"pearson": 0.90, "spearman": 0.86}}],
    "mnli": [{"validation": {"accuracy": 0.70}, "mismatched": {"accuracy": 0.74}}],
}


def averages(path, members, counted, **options):
    folder = make_suite(path / "suite", members, counted=counted, **options)
    return {overall.architecture: overall for overall in average_suite(read_suite(folder))}


def test_it_is_the_mean_over_tasks_of_the_mean_of_a_tasks_metrics(tmp_path):
    found = averages(tmp_path, {name: {"bert": runs} for name, runs in SCORES.items()}, GLUE)
    # cola (0.40 + 0.50) / 2 over seeds; mrpc (0.88 + 0.80) / 2; stsb (0.90 + 0.86) / 2; mnli (0.70 + 0.74) / 2
    assert [task.score for task in found["bert"].tasks] == pytest.approx([0.45, 0.84, 0.88, 0.72])
    assert found["bert"].average == pytest.approx((0.45 + 0.84 + 0.88 + 0.72) / 4)


def test_a_metric_without_a_split_is_of_the_reported_one_and_with_it_of_that_one(tmp_path):
    scores = {"validation": {"f1": 0.8, "accuracy": 0.6}, "test": {"f1": 0.7, "accuracy": 0.5}}
    members = {"mrpc": {"bert": [scores]}}
    assert averages(tmp_path / "a", members, {"mrpc": ["f1"]}, split="test")["bert"].average == 0.7
    assert averages(tmp_path / "b", members, {"mrpc": ["validation.f1"]}, split="test")["bert"].average == 0.8


def test_each_task_weighs_the_same_however_many_metrics_and_seeds_it_has(tmp_path):
    one, two = {"validation": {"f1": 1.0, "accuracy": 1.0}}, {"validation": {"f1": 0.0, "accuracy": 0.0}}
    members = {"first": {"a": [one, one, one]}, "second": {"a": [two]}}
    found = averages(tmp_path, members, {"first": ["f1", "accuracy"], "second": ["f1"]})
    assert found["a"].average == 0.5


@pytest.mark.parametrize("hole", [None, {"strong": [FAILED], "weak": [{"validation": {"accuracy": 0.2}}]}])
def test_who_lacks_a_task_has_no_average_and_comes_last(tmp_path, hole):
    full = {"strong": [{"validation": {"accuracy": 0.9}}], "weak": [{"validation": {"accuracy": 0.3}}]}
    found = averages(tmp_path, {"one": full, "two": hole}, {"one": ["accuracy"], "two": ["accuracy"]})
    assert math.isnan(found["strong"].average)
    assert found["strong"].position is None
    assert found["strong"].lacking == (1,)
    if hole:
        assert list(found) == ["weak", "strong"]
        assert found["weak"].average == pytest.approx(0.25)
        assert found["weak"].position == 1
        assert found["strong"].tasks[1].reason == "OutOfMemory: no room"
    else:
        assert math.isnan(found["weak"].average)
        assert found["weak"].tasks[1].reason == "not begun yet"


def test_an_architecture_that_some_task_does_not_have_is_told_so(tmp_path):
    scores = [{"validation": {"accuracy": 0.5}}]
    members = {"one": {"a": scores, "b": scores}, "two": {"a": scores}}
    found = averages(tmp_path, members, {"one": ["accuracy"], "two": ["accuracy"]})
    assert found["a"].position == 1
    assert found["b"].tasks[1].reason == "not among the task's architectures"


def test_a_metric_that_the_results_do_not_have_is_named(tmp_path):
    found = averages(tmp_path, {"mnli": {"a": [{"validation": {"accuracy": 0.5}}]}}, {"mnli": GLUE["mnli"]})
    assert math.isnan(found["a"].average)
    assert found["a"].tasks[0].reason == "its results have no mismatched.accuracy"


def test_a_seed_that_is_missing_leaves_the_mean_of_the_others(tmp_path):
    found = averages(tmp_path, {"one": {"a": [{"validation": {"accuracy": 0.5}}, MISSING]}}, {"one": ["accuracy"]})
    assert found["a"].average == 0.5
    assert found["a"].tasks[0].row.missing == 1


def test_a_metric_that_is_better_when_smaller_goes_into_no_average(tmp_path):
    members = {
        "stsb": {"a": [{"validation": {"mse": 0.5}}], "b": [{"validation": {"mse": 0.7}}]},
        "rte": {"a": [{"validation": {"accuracy": 0.5}}], "b": [{"validation": {"accuracy": 0.7}}]},
    }
    found = averages(tmp_path, members, {"stsb": ["mse"], "rte": ["accuracy"]})
    assert all(math.isnan(overall.average) for overall in found.values())
    assert found["a"].tasks[0].score == 0.5


def test_equal_averages_share_a_place(tmp_path):
    scores = [{"validation": {"accuracy": 0.5}}]
    lower = [{"validation": {"accuracy": 0.4}}]
    found = averages(tmp_path, {"one": {"a": scores, "b": scores, "c": lower}}, {"one": ["accuracy"]})
    assert [overall.position for overall in found.values()] == [1, 1, 3]
