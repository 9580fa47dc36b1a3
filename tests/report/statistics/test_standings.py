"""The leaderboard's statistics, from what a benchmark has left on disk."""

import json

import pytest

from app.report.gather import read_benchmark
from app.report.statistics.standings import compare, find_power
from tests.records import rewritten
from tests.report.golden import Made, make_benchmark


def standings(folder, runs, **options):
    return compare(read_benchmark(make_benchmark(folder, runs, pages=False, **options)))


def test_those_that_cannot_be_told_apart_share_the_first_rank(tmp_path):
    runs = [
        Made(architecture=name, quality=quality, seed=seed)
        for name, quality in (("a", 0.91), ("b", 0.90), ("c", 0.6))
        for seed in (0, 1)
    ]
    a, b, c = standings(tmp_path, runs)
    assert [(s.ranks.first, s.ranks.last) for s in (a, b, c)] == [(1, 2), (1, 2), (3, 3)]
    assert b.within_noise
    assert not c.within_noise
    assert a.behind is None
    assert c.behind.estimate == pytest.approx(a.row.score - c.row.score)
    assert find_power((a, b, c)) > 0


def test_a_model_is_set_against_the_best_baseline_too(tmp_path):
    runs = [
        Made(architecture="majority", family="majority", quality=0.5),
        Made(architecture="tfidf", family="tfidf-logreg", quality=0.75),
        Made(architecture="model", quality=0.9),
        Made(architecture="poor", quality=0.6),
    ]
    model, tfidf, poor, _ = standings(tmp_path, runs)
    assert model.ahead.estimate == pytest.approx(model.row.score - tfidf.row.score)
    assert model.ahead.is_real
    assert poor.ahead.estimate < 0
    assert tfidf.ahead is None


def test_a_model_on_other_rows_than_the_leader_is_not_compared(tmp_path):
    folder = make_benchmark(tmp_path, [Made(architecture="a"), Made(architecture="b", quality=0.8)], pages=False)
    other = make_benchmark(tmp_path / "x", [Made(architecture="b", quality=0.8)], pages=False, examples=500)
    for name in ("predictions.parquet", "result.json"):
        run = next(other.runs.iterdir())
        (folder.runs / run.name / name).write_bytes((run / name).read_bytes())
    a, b = compare(read_benchmark(folder))
    assert b.interval is not None
    assert b.behind is None
    assert b.ranks is None
    assert a.ranks is not None


def test_predictions_that_do_not_give_the_score_say_nothing_of_it(tmp_path):
    folder = make_benchmark(tmp_path, [Made(architecture="a")], pages=False)
    path = next(folder.runs.glob("*/result.json"))
    document = json.loads(path.read_text())
    document["primary"]["value"] = 0.123
    path.write_text(rewritten(document))
    (standing,) = compare(read_benchmark(folder))
    assert standing.interval is None
    assert find_power([standing]) is None
