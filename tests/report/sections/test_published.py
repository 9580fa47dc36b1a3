"""Published scores are set against the right runs, on the same scale, and judged by the spread over seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.report.gather import Record, read_benchmark
from app.report.sections.published import Comparison, Verdict, compare_published, judge, published_table
from app.report.statistics.standings import compare
from tests.report.golden import Made, make_benchmark

COLA = {"path": "nyu-mll/glue", "name": "cola"}
BERT = "google-bert/bert-base-uncased"  # 56.3 on validation, by the distillation README
TINY = "google/bert_uncased_L-2_H-128_A-2"  # 0.0 on test, the best of 20 settings
ELECTRA = "google/electra-small-discriminator"  # 57.0 on validation, a median


def seeds(name: str, scores: Sequence[float], *, checkpoint: str | None = BERT) -> list[Made]:
    """Runs with these correlations on validation, one a seed."""
    return [
        Made(
            architecture=name,
            seed=seed,
            checkpoint=checkpoint,
            metrics={"validation": {"matthews_correlation": score}},
        )
        for seed, score in enumerate(scores)
    ]


def made(folder: Path, runs: Sequence[Made], **options: Any) -> Record:
    options = {"data": COLA, "split": "validation", **options}
    return read_benchmark(make_benchmark(folder, runs, pages=False, examples=60, **options))


def comparisons(folder: Path, runs: Sequence[Made], **options: Any) -> tuple[Comparison, ...]:
    record = made(folder, runs, **options)
    return compare_published(record, compare(record))


def page(folder: Path, runs: Sequence[Made], **options: Any) -> str:
    record = made(folder, runs, **options)
    return str(published_table(record, compare(record))._repr_html_())


@pytest.mark.parametrize("count", [2, 3, 5])
def test_without_a_true_difference_one_published_score_in_twenty_is_called_different(count: int) -> None:
    random = np.random.default_rng(count)
    draws = random.normal(0.56, 0.02, (5_000, count + 1))
    alarms = sum(judge(published, seen) is Verdict.BEYOND for published, *seen in draws.tolist())
    assert 0.04 <= alarms / 5_000 <= 0.06  # three standard errors are 0.0092


def test_a_true_difference_of_many_spreads_is_found() -> None:
    draws = np.random.default_rng(0).normal(0.56, 0.005, (500, 3))
    assert sum(judge(0.65, seen) is Verdict.BEYOND for seen in draws.tolist()) > 450


@pytest.mark.parametrize(
    ("published", "scores", "verdict"),
    [
        (0.563, [0.55], Verdict.ONE_SEED),
        (0.563, [0.55, 0.56, 0.57], Verdict.WITHIN),
        (0.563, [0.40, 0.41, 0.42], Verdict.BEYOND),
        (0.563, [0.70, 0.71, 0.72], Verdict.BEYOND),
        (0.563, [0.40, 0.72], Verdict.WITHIN),  # two seeds that far apart explain anything
        (0.0, [0.0, 0.0, 0.0], Verdict.WITHIN),
        (0.563, [0.0, 0.0, 0.0], Verdict.BEYOND),
    ],
)
def test_a_verdict_is_that_of_the_prediction_interval(published: float, scores: list[float], verdict: Verdict) -> None:
    assert judge(published, scores) is verdict


def test_a_published_score_is_found_by_checkpoint_and_brought_to_the_same_scale(tmp_path: Path) -> None:
    (found,) = comparisons(tmp_path, seeds("anything", [0.55, 0.56, 0.57]))
    assert (found.published, found.split, found.by_name) == (pytest.approx(0.563), "validation", False)
    assert found.scores == (0.55, 0.56, 0.57)
    assert found.difference == pytest.approx(-0.003)
    assert found.verdict is Verdict.WITHIN


@pytest.mark.parametrize(
    ("name", "checkpoint", "matches", "by_name"),
    [
        ("x", BERT, True, False),
        ("x", "bert-base-uncased", True, False),  # the short name that the hub still answers to
        ("bert-base", "WEIGHTS/some-folder", True, True),
        ("x", "WEIGHTS/some-folder", False, False),
        ("bert-base", None, False, False),  # from scratch
        ("bert-base", "sentence-transformers/all-MiniLM-L6-v2", True, True),
        ("bert-base", "FacebookAI/xlm-roberta-base", False, False),  # the checkpoint says what it is, not the name
    ],
)
def test_weights_are_known_by_their_id_and_else_by_name(
    tmp_path: Path, name: str, checkpoint: str | None, matches: bool, by_name: bool
) -> None:
    found = comparisons(tmp_path, seeds(name, [0.5, 0.6], checkpoint=checkpoint))
    assert [comparison.checkpoint for comparison in found] == ([BERT] if matches else [])
    assert [comparison.by_name for comparison in found] == ([by_name] if matches else [])


@pytest.mark.parametrize(
    ("data", "count"),
    [
        (COLA, 1),
        ({"path": {"train": "a.csv"}, "reference": "glue/cola"}, 1),
        ({"path": {"train": "a.csv"}}, 0),
        ({"path": "nyu-mll/glue", "name": "stsb"}, 0),  # other figures, of other metrics
        ({"path": "builtin/acceptability"}, 0),
    ],
)
def test_data_are_known_by_their_hub_path_or_by_the_reference_of_the_configuration(
    tmp_path: Path, data: Mapping[str, Any], count: int
) -> None:
    assert len(comparisons(tmp_path, seeds("x", [0.5, 0.6]), data=data)) == count


def test_a_score_of_another_split_is_compared_and_said_to_be_of_another_split(tmp_path: Path) -> None:
    (found,) = comparisons(tmp_path / "a", seeds("x", [0.2, 0.21], checkpoint=TINY))
    assert (found.figure.split, found.split) == ("test", "validation")
    assert not found.is_like_with_like
    html = page(tmp_path / "b", seeds("x", [0.2, 0.21], checkpoint=TINY))
    assert "the splits differ" in html
    assert "theirs: test" in html
    assert "the published one is the best of several" in html
    assert "no plain comparison is possible" in html


def test_a_validation_split_cut_from_train_is_not_the_published_one(tmp_path: Path) -> None:
    runs = [
        Made(
            architecture="x",
            seed=seed,
            checkpoint=BERT,
            metrics={part: {"matthews_correlation": score} for part, score in (("validation", 0.5), ("test", 0.6))},
        )
        for seed in (0, 1)
    ]
    (own,) = comparisons(tmp_path / "a", runs, split="test")
    (cut,) = comparisons(tmp_path / "b", runs, split="test", validation_from_train=True)
    assert (own.split, cut.split) == ("validation", "test")


def test_a_seed_without_the_metric_leaves_nothing_to_compare(tmp_path: Path) -> None:
    runs = [*seeds("x", [0.5, 0.6]), Made(architecture="x", seed=2, checkpoint=BERT)]
    assert comparisons(tmp_path, runs) == ()


def test_the_table_says_whose_scores_differ_by_more_than_seeds_explain(tmp_path: Path) -> None:
    runs = [*seeds("far", [0.30, 0.31, 0.32]), *seeds("near", [0.55, 0.57, 0.58], checkpoint=ELECTRA)]
    html = page(tmp_path, runs)
    assert "What is published of far differs from what was measured by more than seeds explain." in html
    assert "−0.253" in html
    assert "<small>median</small>" in html
    assert html.count("more than seeds explain</td>") == 1
    assert html.count("within what seeds explain</td>") == 1


def test_with_one_seed_the_table_says_that_nothing_can_be_told(tmp_path: Path) -> None:
    html = page(tmp_path, seeds("x", [0.3]))
    assert "one seed cannot tell" in html
    assert "With one seed each, nothing can be told" in html


def test_a_sample_of_the_data_is_owned_up_to(tmp_path: Path) -> None:
    html = page(tmp_path, seeds("x", [0.3, 0.4]), data={**COLA, "limit": 2000})
    assert "at most 2,000 rows of a split were used" in html


def test_nothing_published_is_a_sentence_and_no_table(tmp_path: Path) -> None:
    unknown = page(tmp_path / "a", seeds("x", [0.3, 0.4]), data={"path": "builtin/acceptability"})
    scratch = page(tmp_path / "b", seeds("x", [0.3, 0.4], checkpoint=None))
    assert unknown.startswith("<p>No published scores are known for these data:")
    assert scratch.startswith("<p>No published scores are known for these data and the weights")


def test_of_very_many_comparisons_the_first_hundred_are_shown(tmp_path: Path) -> None:
    html = page(tmp_path, [run for number in range(103) for run in seeds(f"model-{number}", [0.5])])
    assert html.count("one seed cannot tell") == 100
    assert "3 more of them are left out here." in html
