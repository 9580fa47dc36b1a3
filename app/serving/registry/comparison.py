"""Two packages over the same examples: how much better one is than the other, and whether that is more than chance."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from app.errors import RegistryError
from app.lab.datasets import Examples
from app.layout import PackageFolder
from app.report.statistics.comparison import ALPHA, differ
from app.report.statistics.estimates import Estimate, estimate_score
from app.report.statistics.samples import read_sample
from app.report.statistics.scores import BOUNDS
from app.serving.package.manifest import Manifest, verify_package

__all__ = ["Comparison", "compare_packages"]


@dataclass(frozen=True)
class Comparison:
    """The candidate against the champion. A gain is above 0 where the candidate is better, whatever the metric."""

    metric: str
    split: str
    rows: int
    champion: float  # score
    candidate: float
    gain: float
    low: float  # 95 % interval of the gain
    high: float
    p_value: float  # two-sided, of there being no difference

    @property
    def is_better(self) -> bool:
        """Surely: by more than chance would bring about."""
        return self.p_value < ALPHA and self.gain > 0

    @property
    def is_worse(self) -> bool:
        """Surely."""
        return self.p_value < ALPHA and self.gain < 0


def compare_packages(champion: PackageFolder, candidate: PackageFolder, examples: Examples | None = None) -> Comparison:
    """Compare two packages by the metric of the candidate: paired, over the same examples, as the report does it.

    Args:
        champion: the one that stands.
        candidate: the one that would follow.
        examples: data whose reported split both answer anew; None: by the predictions in the packages.

    Raises:
        PackageError: a package is not whole.
        RegistryError: they do not compare: other tasks, metrics, or examples.
    """
    ours, theirs = verify_package(candidate), verify_package(champion)
    _check_alike(ours, theirs, examples)
    if examples is None:
        paths = (champion.predictions, candidate.predictions)
        first, second = (_estimate(path, ours, ours.labels) for path in paths)
        split = ours.score.split
    else:
        split = examples.evaluated
        with tempfile.TemporaryDirectory() as scratch:
            paths = (Path(scratch) / "champion.parquet", Path(scratch) / "candidate.parquet")
            for folder, path in zip((champion, candidate), paths, strict=True):
                _answer(folder, examples, path)
            first, second = (_estimate(path, ours, examples.labels) for path in paths)
    if first.key != second.key:
        raise RegistryError(
            "their predictions are not of the same examples; give --config FILE, whose test split both then answer anew"
            if examples is None
            else f"they read {examples.path} in other tokens, so that their losses are not of the same windows"
        )
    sign = -1.0 if ours.score.direction == "min" else 1.0
    found = differ(second, first) if sign > 0 else differ(first, second)
    return Comparison(
        metric=ours.score.metric,
        split=split,
        rows=first.units,
        champion=first.value,
        candidate=second.value,
        gain=found.estimate,
        low=found.low,
        high=found.high,
        p_value=found.p_value,
    )


def _check_alike(ours: Manifest, theirs: Manifest, examples: Examples | None) -> None:
    if (ours.kind, ours.score.metric) != (theirs.kind, theirs.score.metric):
        raise RegistryError(
            f"the candidate is ranked by {ours.score.metric} ({ours.kind}) and the champion by {theirs.score.metric} "
            f"({theirs.kind}); packages compare when task and metric are the same"
        )
    if examples is not None:
        if examples.kind != ours.kind:
            raise RegistryError(f"{examples.path}: is data for {examples.kind}, and the packages are for {ours.kind}")
        return
    tests = [(manifest.dataset.fingerprint, manifest.score.split) for manifest in (ours, theirs)]
    if tests[0] != tests[1]:
        raise RegistryError(
            f"the candidate was scored on {ours.score.split} of the data {tests[0][0]}, the champion on "
            f"{theirs.score.split} of {tests[1][0]}; give --config FILE, whose test split both then answer anew"
        )


def _estimate(path: Path, manifest: Manifest, labels: tuple[str, ...]) -> Estimate:
    metric = manifest.score.metric
    sample = read_sample([path], metric, kind=manifest.kind, labels=labels)
    if sample is None:
        raise RegistryError(f"{metric} cannot be compared example by example; package by another metric")
    return estimate_score(sample, bounds=BOUNDS.get(metric, (0.0, 1.0)), is_random=False)


def _answer(folder: PackageFolder, examples: Examples, path: Path) -> None:
    """What a package says of the reported split, as a file of predictions."""
    from app.serving.engine.engine import Engine
    from app.serving.package.prediction import ask_package, predictions_table, read_outputs

    engine, split = Engine(folder), examples.splits[examples.evaluated]
    outputs = read_outputs(engine.manifest, ask_package(engine, split), temperature=engine.manifest.temperature)
    predictions_table(engine.manifest, outputs, examples, split).to_parquet(path, index=False)
