"""What changed between two benchmarks, regressions first, by the leaderboard's own statistics."""

import json

import pytest

from app.errors import DataError
from app.report.gather import read_benchmark
from app.report.statistics.changes import Verdict, find_changes
from tests.records import rewritten
from tests.report.golden import Made, make_benchmark


def made(folder, qualities, *, seeds=(0, 1), **options):
    runs = [
        Made(architecture=name, quality=quality, seed=seed, status="ok" if quality else "failed")
        for name, quality in qualities.items()
        for seed in seeds
    ]
    return read_benchmark(make_benchmark(folder, runs, pages=False, **options))


def test_regressions_come_first_and_noise_is_none(tmp_path):
    before = made(tmp_path / "a", {"kept": 0.9, "fell": 0.9, "rose": 0.7, "broke": 0.8, "left": 0.8})
    after = made(tmp_path / "b", {"rose": 0.9, "kept": 0.895, "fell": 0.75, "broke": 0, "came": 0.9})
    changes = find_changes(before, after)
    assert [(change.architecture, change.verdict) for change in changes] == [
        ("broke", Verdict.LOST),
        ("fell", Verdict.WORSE),
        ("kept", Verdict.NOISE),
        ("rose", Verdict.BETTER),
        ("came", Verdict.NEW),
        ("left", Verdict.GONE),
    ]
    fell = changes[1]
    assert fell.gain.estimate == pytest.approx(fell.after.score - fell.before.score)
    assert fell.gain.is_paired
    assert [change.verdict.is_regression for change in changes] == [True, True, False, False, False, False]


def test_the_same_benchmark_has_not_changed(tmp_path):
    record = made(tmp_path, {"a": 0.9, "b": 0.7})
    assert all(change.gain.p_value == 1.0 for change in find_changes(record, record))


def test_other_rows_are_compared_without_pairing(tmp_path):
    before, after = made(tmp_path / "a", {"a": 0.9}), made(tmp_path / "b", {"a": 0.6}, examples=500)
    (change,) = find_changes(before, after)
    assert not change.gain.is_paired
    assert change.verdict is Verdict.WORSE


def test_what_cannot_be_compared_is_refused(tmp_path):
    before = made(tmp_path / "a", {"a": 0.9})
    with pytest.raises(DataError, match="no run has a score"):
        find_changes(before, made(tmp_path / "b", {"a": 0}))
    folder = make_benchmark(tmp_path / "c", [Made(architecture="a")], pages=False)
    path = next(folder.runs.glob("*/result.json"))
    document = json.loads(path.read_text())
    document["primary"]["name"] = "f1"
    path.write_text(rewritten(document))
    with pytest.raises(DataError, match=r"ranked by accuracy .* by f1 .* task.metric are the same"):
        find_changes(before, read_benchmark(folder))
