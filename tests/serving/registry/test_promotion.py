"""Promotion on real predictions, made up so that what is better, worse or the same is known."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from app.errors import PackageError, RegistryError
from app.layout import PackageFolder
from app.report.statistics.comparison import differ
from app.report.statistics.estimates import estimate_score
from app.report.statistics.samples.classes import Classes
from app.serving.package.manifest import PackageScore, PackageTiming, read_manifest, write_manifest
from app.serving.package.points import gain_in_points
from app.serving.registry.comparison import compare_packages
from app.serving.registry.promotion import promote
from app.serving.registry.registry import Registry

ROWS = 1000
LABELS = ("no", "yes")


@pytest.fixture
def registry(here) -> Registry:
    return Registry("registry")


def timing(seconds: float, *, threads: int = 1) -> PackageTiming:
    return PackageTiming(
        precision="fp32", batch_size=1, sequence_length=16, p50_seconds=seconds, threads=threads, size_bytes=1, score=1
    )


@pytest.fixture
def make(tmp_path, package):
    """Makes a package whose predictions are as good as told: a share of right answers, or a mean error."""
    made = iter(range(100))

    def make(quality: float, *, metric: str = "accuracy", size: int = 1000, seconds: float = 0.01, **changed):
        folder = PackageFolder(tmp_path / f"package-{next(made)}")
        folder.path.mkdir()
        folder.model.write_bytes(b"0" * size)
        for path in (folder.tokenizer, folder.labels):
            path.write_text("{}")
        random = np.random.default_rng(0)  # what is hard is hard for all
        hard = random.random(ROWS)
        direction = "min" if metric == "mae" else "max"
        if metric == "mae":
            truth = random.normal(size=ROWS)
            table = {"label": truth, "prediction": truth + quality * (hard - 0.5) * 4}
        else:
            truth = random.integers(0, 2, ROWS)
            said = np.where(hard < quality, truth, 1 - truth)
            table = {name: np.asarray(LABELS)[values] for name, values in (("label", truth), ("prediction", said))}
        pd.DataFrame({"id": np.arange(ROWS), **table}).to_parquet(folder.predictions, index=False)
        known = read_manifest(package)
        score = PackageScore(
            metric=metric, split="test", direction=direction, value=quality, rows=ROWS, trained=quality
        )
        kind = "text-regression" if metric == "mae" else "text-classification"
        update = {"kind": kind, "score": score, "timings": (timing(seconds),)} | changed
        write_manifest(folder, known.model_copy(update=update))
        return folder

    return make


def kinds(registry: Registry) -> list[str]:
    return [event.kind for event in registry.state("tiny").history]


def test_the_first_version_is_promoted_since_nothing_stands_against_it(registry, make):
    registry.add("tiny", make(0.6))
    decision = promote(registry, "candidate")
    assert (decision.kind, decision.against) == ("promoted", None)
    assert registry.find("champion").number == 1
    assert "no champion stood against it" in registry.state("tiny").history[-1].reason


@pytest.mark.parametrize(
    ("metric", "champion", "better", "worse"), [("accuracy", 0.80, 0.85, 0.75), ("mae", 0.80, 0.75, 0.85)]
)
def test_what_is_better_is_promoted_and_what_is_worse_is_not(registry, make, metric, champion, better, worse):
    registry.add("tiny", make(champion, metric=metric), "champion")
    registry.add("tiny", make(worse, metric=metric))
    refused = promote(registry, "candidate")
    assert (refused.kind, registry.find("champion").number) == ("refused", 1)
    assert refused.reason.startswith("surely worse: ")
    registry.add("tiny", make(better, metric=metric))
    promoted = promote(registry, "candidate")
    assert (promoted.kind, registry.find("champion").number) == ("promoted", 3)
    assert promoted.figures["gain"] > 0
    assert promoted.figures["p_value"] < 0.05
    assert kinds(registry) == ["added", "added", "refused", "added", "promoted"]


def test_what_cannot_be_told_apart_is_refused_with_the_figures_on_record(registry, make):
    registry.add("tiny", make(0.800), "champion")
    registry.add("tiny", make(0.801))
    assert promote(registry, "candidate").kind == "refused"
    event = Registry("registry").state("tiny").history[-1]
    assert (event.kind, event.version, event.against) == ("refused", 2, 1)
    assert event.reason.startswith("not surely better: accuracy 0.789, where version 1 has 0.788, over 1,000 rows")
    assert event.figures["rows"] == ROWS
    assert event.figures["p_value"] > 0.05
    assert registry.find("candidate").number == 2  # it may be asked for again


def test_a_damaged_version_is_not_even_the_first_champion(registry, make):
    registry.add("tiny", make(0.6))
    registry.find("candidate").folder.model.write_bytes(b"1")
    with pytest.raises(PackageError, match="checksum"):
        promote(registry, "candidate")


def test_within_noise_the_smaller_one_wins_if_told_so(registry, make):
    registry.add("tiny", make(0.800, size=1000), "champion")
    registry.add("tiny", make(0.800, size=899))
    assert promote(registry, "candidate").kind == "refused"
    decision = promote(registry, "candidate", within_noise="smaller")
    assert (decision.kind, registry.find("champion").number) == ("promoted", 2)
    assert decision.reason.startswith("smaller, and within noise: ")
    registry.add("tiny", make(0.800, size=810))
    again = promote(registry, "candidate", within_noise="smaller")
    assert (again.kind, "no smaller by a tenth either" in again.reason) == ("refused", True)


def test_within_noise_the_faster_one_wins_by_timings_that_compare(registry, make):
    registry.add("tiny", make(0.8, seconds=0.010), "champion")
    registry.add("tiny", make(0.8, timings=(timing(0.001, threads=2),)))
    assert "is not known" in promote(registry, "candidate", within_noise="faster").reason
    registry.add("tiny", make(0.8, seconds=0.0095))
    assert "no faster by a tenth either" in promote(registry, "candidate", within_noise="faster").reason
    registry.add("tiny", make(0.8, seconds=0.0085))
    assert promote(registry, "candidate", within_noise="faster").kind == "promoted"


@pytest.mark.parametrize(("quality", "objection"), [(0.75, "more than noise"), (0.798, "with 0.5 allowed")])
def test_no_size_makes_up_for_a_loss(registry, make, quality, objection):
    registry.add("tiny", make(0.800, size=1000), "champion")
    registry.add("tiny", make(quality, size=10))
    decision = promote(registry, "candidate", within_noise="smaller")
    assert decision.kind == "refused"
    assert objection in decision.reason


def test_the_one_who_comes_second_is_held_against_the_new_champion(registry, make, monkeypatch):
    registry.add("tiny", make(0.80), "champion")
    for quality in (0.90, 0.85):
        registry.add("tiny", make(quality))
    create, others = registry._place.create, [Registry("registry")]

    def create_late(path: str, content: bytes) -> bool:
        if others:
            promote(others.pop(), "tiny@2")
        return create(path, content)

    monkeypatch.setattr(registry._place, "create", create_late)
    decision = promote(registry, "tiny@3")  # better than version 1, and not than version 2
    assert (decision.kind, decision.against) == ("refused", 2)
    assert registry.find("champion").number == 2
    promotions = [(event.kind, event.version, event.against) for event in registry.state("tiny").history[3:]]
    assert promotions == [("promoted", 2, 1), ("refused", 3, 2)]


def test_what_was_scored_on_other_data_needs_data_that_both_answer(registry, make, package):
    other = read_manifest(package).dataset.model_copy(update={"fingerprint": "f" * 16})
    registry.add("tiny", make(0.8), "champion")
    registry.add("tiny", make(0.9, dataset=other))
    with pytest.raises(RegistryError, match=r"scored on test of the data ffff.*give --config FILE"):
        promote(registry, "candidate")
    assert kinds(registry) == ["added", "added"]


def test_another_metric_is_no_comparison(registry, make):
    registry.add("tiny", make(0.8), "champion")
    registry.add("tiny", make(0.9, metric="mae"))
    with pytest.raises(RegistryError, match="ranked by mae"):
        promote(registry, "candidate")


def test_the_champion_is_not_promoted_again(registry, make):
    registry.add("tiny", make(0.8), "champion")
    with pytest.raises(RegistryError, match="version 1 is the champion already"):
        promote(registry, "tiny@1")


def test_both_answer_the_same_examples_anew(package, examples):
    found = compare_packages(package, package, examples)
    assert (found.gain, found.p_value, found.rows) == (0, 1, len(examples.splits["test"]))
    assert not found.is_better
    assert not found.is_worse
    with pytest.raises(RegistryError, match="is data for text-regression"):
        compare_packages(package, package, replace(examples, kind="text-regression"))


def test_a_class_that_a_package_does_not_know_counts_as_wrong(package, examples):
    renamed = replace(examples, labels=("no", "perhaps"))
    found = compare_packages(package, package, renamed)
    split = examples.splits["test"]
    assert found.champion < 1 - np.mean(np.asarray(split.labels) == 1) + 1e-9


@pytest.fixture
def examples(here):
    from app.config import Dataset
    from app.lab.datasets import load_examples

    found = load_examples(Dataset(path="builtin/acceptability", max_length=32, limit=60))
    return replace(found, labels=LABELS)


@pytest.mark.parametrize(
    ("metric", "before", "after", "points"),
    [
        ("accuracy", 0.90, 0.91, 1.0),
        ("mae", 2.0, 1.9, 5.0),
        ("perplexity", 5.0, 5.05, -1.0),
        ("spearman", 0.5, 0.4, -10),
    ],
)
def test_a_point_is_a_hundredth_or_a_per_cent(metric, before, after, points):
    assert gain_in_points(metric, before, after) == pytest.approx(points)


def test_one_that_is_no_better_is_seldom_promoted():
    """Both are right on four rows in five, by chance: a gain with p below 5 % comes up in 2.5 % of the cases."""
    random, promoted = np.random.default_rng(0), 0
    for _ in range(200):
        right = (random.random((2, 300)) < 0.8).astype(np.int64)
        first, second = (
            estimate_score(
                Classes("accuracy", LABELS, np.arange(300), np.ones(300, dtype=np.int64), said[None]),
                bounds=(0, 1),
                is_random=False,
            )
            for said in right
        )
        found = differ(second, first)
        promoted += found.p_value < 0.05 and found.estimate > 0
    assert promoted <= 11  # 2.5 % of 200 are 5; 11 and fewer come up in 99.5 % of such tests
