"""Promotion only if better: what becomes of a candidate, by a paired test against the champion that stands."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from app.errors import RegistryError
from app.report.page.wording import metric_name, probability, score, signed
from app.report.statistics.comparison import ALPHA
from app.serving.package.manifest import Manifest, PackageTiming, read_manifest, verify_package
from app.serving.package.points import MAX_LOSS, points_of
from app.serving.registry.comparison import Comparison, compare_packages
from app.serving.registry.events import State
from app.serving.registry.registry import Decision, Registry, Version

if TYPE_CHECKING:
    from app.lab.datasets import Examples

__all__ = ["WithinNoise", "promote"]

WithinNoise = Literal["smaller", "faster"]
NOTABLY = 0.9  # of what the champion takes: a smaller gain in time may be that of a quieter machine


def promote(
    registry: Registry,
    reference: str,
    *,
    within_noise: WithinNoise | None = None,
    examples: Examples | None = None,
    max_loss: float = MAX_LOSS,
) -> Decision:
    """Make a version the champion if it deserves it, and record either way why.

    Where another process has changed the champion meanwhile, the version is held against the new one.

    Args:
        registry: that has it.
        reference: the version, as `Registry.find` takes it.
        within_noise: in what respect it may win where it is no worse beyond noise.
        examples: data that both answer anew; None: the predictions in the packages are compared.
        max_loss: points that the lower end of the interval may lie below 0 within noise.

    Raises:
        RegistryError: there is no such version, it is the champion already, or the two do not compare.
        PackageError: one of the packages is not whole.
    """
    candidate = registry.find(reference)
    decided: dict[int | None, Decision] = {}

    def decide(state: State) -> Decision:
        against = state.champion
        if against == candidate.number:
            raise RegistryError(f"{candidate.name}: version {against} is the champion already")
        if against not in decided:
            decided[against] = _judge(registry, candidate, against, within_noise, examples, max_loss)
        return decided[against]

    return registry.decide(candidate.name, decide)


def _judge(
    registry: Registry,
    candidate: Version,
    against: int | None,
    within_noise: WithinNoise | None,
    examples: Examples | None,
    max_loss: float,
) -> Decision:
    number = candidate.number
    verify_package(candidate.folder)
    if against is None:
        reason = "the first: no champion stood against it"
        return Decision(kind="promoted", version=number, against=None, reason=reason, figures={})
    champion = registry.find(f"{candidate.name}@{against}")
    found = compare_packages(champion.folder, candidate.folder, examples)
    figures = {name: _finite(value) for name, value in vars(found).items()}
    told = _tell(found, against)
    if found.is_better:
        return Decision(kind="promoted", version=number, against=against, reason=f"better: {told}", figures=figures)
    verdict = "surely worse" if found.is_worse else "not surely better"
    if within_noise is None:
        reason = f"{verdict}: {told}; below {ALPHA:g} is wanted"
        return Decision(kind="refused", version=number, against=against, reason=reason, figures=figures)
    ours, theirs = read_manifest(candidate.folder), read_manifest(champion.folder)
    objection = _object(found, max_loss) or _WAYS[within_noise](ours, theirs)
    if objection:
        reason = f"{verdict}, and {objection}: {told}"
        return Decision(kind="refused", version=number, against=against, reason=reason, figures=figures)
    reason = f"{within_noise}, and within noise: {told}"
    return Decision(kind="promoted", version=number, against=against, reason=reason, figures=figures)


def _object(found: Comparison, max_loss: float) -> str:
    """What stands against winning within noise; empty: nothing."""
    if found.is_worse:
        return "that is more than noise"
    low = points_of(found.metric, found.low, of=found.champion)
    return "" if low > -max_loss else f"it may lose {-low:.2g} points, with {max_loss:g} allowed"


def _not_smaller(ours: Manifest, theirs: Manifest) -> str:
    return "" if ours.size_bytes < NOTABLY * theirs.size_bytes else "no smaller by a tenth either"


def _not_faster(ours: Manifest, theirs: Manifest) -> str:
    """By the timings in the manifests, at every batch size and length that both were measured at."""
    known = {(item.batch_size, item.sequence_length, item.threads): item.p50_seconds for item in _packaged(theirs)}
    pairs = [
        (item.p50_seconds, known[key])
        for item in _packaged(ours)
        if (key := (item.batch_size, item.sequence_length, item.threads)) in known
    ]
    if not pairs:
        return "which is faster is not known: they were not timed at the same length and with as many threads"
    return "" if all(mine < NOTABLY * other for mine, other in pairs) else "no faster by a tenth either"


def _packaged(manifest: Manifest) -> list[PackageTiming]:
    return [item for item in manifest.timings if item.precision == manifest.precision]


_WAYS: dict[WithinNoise, Callable[[Manifest, Manifest], str]] = {"smaller": _not_smaller, "faster": _not_faster}


def _tell(found: Comparison, against: int) -> str:
    bounds = f"{signed(found.low)} to {signed(found.high)}"
    scores = (
        f"{metric_name(found.metric)} {score(found.candidate)}, where version {against} has {score(found.champion)}"
    )
    gain = f"a gain of {signed(found.gain)} ({bounds}), p {probability(found.p_value)}"
    return f"{scores}, over {found.rows:,} rows of {found.split}: {gain}"


def _finite(value: float | int | str) -> float | int | str | None:
    return value if not isinstance(value, float) or math.isfinite(value) else None
