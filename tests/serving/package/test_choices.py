"""Which run, which precision, and whose licence: decisions that need no model."""

from types import SimpleNamespace

import pytest

from app.errors import PackageError
from app.layout import BenchmarkFolder
from app.report.gather import read_benchmark
from app.serving.package.card import licence_of
from app.serving.package.manifest import PackageTiming
from app.serving.package.precision import choose_precision
from app.serving.package.winner import choose_run
from tests.report.golden import Made, make_benchmark


def choose(folder, runs):
    make_benchmark(folder, runs, pages=False)
    return choose_run(read_benchmark(BenchmarkFolder(folder)))


def test_the_winner_is_the_best_seed_of_the_first_that_is_no_baseline(tmp_path):
    good = [Made(architecture="good", seed=seed, quality=0.9, validation=0.8 + seed / 100) for seed in (0, 2, 1)]
    poor = [Made(architecture="poor", seed=0, quality=0.6, validation=0.99)]
    found = choose(tmp_path / "b", [*good, *poor, Made(architecture="majority", family="majority", quality=0.5)])
    assert (found.run.architecture, found.run.seed) == ("good", 2)
    assert found.is_ahead
    assert found.against_baselines.startswith("It is ahead of the best baseline, majority")
    named = choose_run(read_benchmark(BenchmarkFolder(tmp_path / "b")), good[0].run_id)
    assert (named.run.seed, named.reason) == (0, "it was asked for by its id")


@pytest.mark.parametrize(
    ("quality", "said"),
    [(0.95, "The best baseline, majority"), (0.7, "It is not surely ahead of the best baseline, majority")],
)
def test_a_baseline_that_is_ahead_or_not_behind_is_named(tmp_path, quality, said):
    runs = [Made(architecture="model", seed=seed, quality=0.7) for seed in (0, 1)]
    found = choose(tmp_path / "b", [*runs, Made(architecture="majority", family="majority", quality=quality)])
    assert (found.run.architecture, found.is_ahead) == ("model", False)
    assert found.against_baselines.startswith(said)


def timings(fp32: tuple[float, float], int8: tuple[float, float], scores: tuple[float, float]):
    return [
        PackageTiming(
            precision=name,
            batch_size=1,
            sequence_length=length,
            p50_seconds=seconds,
            threads=1,
            size_bytes=1,
            score=value,
        )
        for name, passes, value in (("fp32", fp32, scores[0]), ("int8", int8, scores[1]))
        for length, seconds in zip((16, 40), passes, strict=True)
    ]


@pytest.mark.parametrize(
    ("metric", "int8", "scores", "taken", "said"),
    [
        ("accuracy", (0.7, 0.7), (0.90, 0.896), True, "1.43 times as fast as fp32 and changes accuracy by -0.40"),
        ("accuracy", (0.7, 0.8), (0.90, 0.90), False, "it would have to be 1.3 times as fast"),
        ("accuracy", (0.5, 0.5), (0.90, 0.89), False, "it may lose 0.5 at most"),
        ("accuracy", (0.5, 0.5), (0.90, float("nan")), False, "it may lose 0.5 at most"),
        ("perplexity", (0.5, 0.5), (5.0, 5.02), True, "changes perplexity by -0.40 points"),
        ("perplexity", (0.5, 0.5), (5.0, 5.2), False, "it may lose 0.5 at most"),
        ("perplexity", (0.5, 0.5), (5.0, 4.0), True, "changes perplexity by +20.00 points"),
    ],
)
def test_int8_has_to_be_faster_at_every_length_and_as_good(metric, int8, scores, taken, said):
    verdict = choose_precision(metric, timings((1.0, 1.0), int8, scores), max_loss=0.5)
    assert verdict.takes_int8 is taken
    assert said in verdict.reason


@pytest.mark.parametrize(
    ("checkpoint", "said"),
    [
        (None, "Trained from random weights"),
        ("nreimers/MiniLM-L6-H384-uncased", "Weights from nreimers/MiniLM-L6-H384-uncased, under mit"),
        ("weights/ours", "is not known here: ask where they are from. If they are those of nreimers/"),
    ],
)
def test_a_licence_is_claimed_for_known_weights_alone(checkpoint, said):
    run = SimpleNamespace(checkpoint=checkpoint, architecture="minilm-l6")
    assert said in licence_of(SimpleNamespace(run=run))


def test_a_run_that_has_not_ended_well_is_not_packaged(tmp_path):
    runs = [
        Made(architecture="model"),
        Made(architecture="other", status="failed"),
        Made(architecture="third", status="missing"),
    ]
    choose(tmp_path / "b", runs)
    record = read_benchmark(BenchmarkFolder(tmp_path / "b"))
    for run, state in ((runs[1], "failed"), (runs[2], "missing")):
        with pytest.raises(PackageError, match=f"that run is {state}; run the benchmark again"):
            choose_run(record, run.run_id)
