"""What moved the score: the share of its variance that each hyperparameter explains, and the seed."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from app.report.gather import Record
from app.report.statistics.leaderboard import varied_hyperparameters
from app.results import RunResult

__all__ = ["Effects", "Point", "Sensitivity", "Share", "mean_share", "measure_sensitivity", "split_variance"]


@dataclass(frozen=True)
class Point:
    """A complete run as this analysis sees it."""

    run: RunResult
    score: float  # the primary metric on validation, finite

    def value(self, name: str) -> object:
        """What the run has for a hyperparameter; None where it has none."""
        return self.run.hyperparameters.get(name)


@dataclass(frozen=True)
class Share:
    """A share of the variance, and what a factor that does nothing would have of it on average."""

    explained: float
    by_chance: float


@dataclass(frozen=True)
class Effects:
    """Where the variance of an architecture's scores comes from.

    The sum of squares of all runs around their mean is split in two: between settings, and between the seeds within
    a setting. What one hyperparameter explains of the whole is the correlation ratio, eta squared = SS between its
    values / SS total (Fisher 1925, Statistical Methods for Research Workers, VII and VIII), whatever the others are:
    its main effect. Where each setting has the same number of runs and the grid is whole, main effects are
    orthogonal: these, the interactions and the seed's share make 1. Elsewhere a part may be counted under two
    hyperparameters, and the interactions are not told. Eta squared flatters: a factor of k values that does nothing
    explains (k - 1) / (n - 1) of n runs on average.
    """

    architecture: str
    runs: int
    main: dict[str, Share]  # hyperparameter -> what its main effect explains
    interactions: Share | None  # of hyperparameters, beyond the main effects; None where the grid is not balanced
    seed: Share | None  # the differences within a setting; None with one seed each
    is_balanced: bool


@dataclass(frozen=True)
class Sensitivity:
    """What the settings and seeds of a benchmark did to its scores on validation."""

    points: dict[str, list[Point]]  # architecture -> its complete runs with a finite score; baselines have no settings
    effects: tuple[Effects, ...]  # of the architectures of which the scores differ at all
    varied: tuple[str, ...]  # the hyperparameters with several values, what explains most on average first

    def shares(self, name: str) -> list[Share]:
        """What a hyperparameter explains, by its main effect, of each architecture that varied it."""
        return [effect.main[name] for effect in self.effects if name in effect.main]

    @property
    def seed(self) -> list[Share]:
        """What the seed explains, of each architecture that had several to a setting."""
        return [effect.seed for effect in self.effects if effect.seed]

    @property
    def interactions(self) -> list[Share]:
        """What hyperparameters do only together, of each architecture with a balanced grid."""
        return [effect.interactions for effect in self.effects if effect.interactions]


def measure_sensitivity(record: Record) -> Sensitivity:
    """The effects of every hyperparameter that was varied, and of the seed, on each architecture."""
    points: dict[str, list[Point]] = {}
    for run in record.complete:
        value = run.metrics.get("validation", {}).get(run.primary.name, math.nan) if run.primary else math.nan
        if run.hyperparameters and math.isfinite(value):
            points.setdefault(run.architecture, []).append(Point(run, value))
    found = (split_variance(name, own) for name, own in points.items())
    effects = tuple(effect for effect in found if effect)
    varied = varied_hyperparameters(point.run for own in points.values() for point in own)

    def weight(name: str) -> float:
        return mean_share([effect.main[name] for effect in effects if name in effect.main])

    return Sensitivity(points, effects, tuple(sorted(varied, key=weight, reverse=True)))


def mean_share(shares: Sequence[Share]) -> float:
    """The mean over architectures; 0 without any."""
    return math.fsum(share.explained for share in shares) / len(shares) if shares else 0.0


def split_variance(architecture: str, points: Sequence[Point]) -> Effects | None:
    """How the variance of these runs is made up; None where all have the same score."""
    scores = [point.score for point in points]
    centre = math.fsum(scores) / len(scores)
    total = math.fsum((score - centre) ** 2 for score in scores)
    if total <= len(scores) * (1e-12 * max(1.0, abs(centre))) ** 2:
        return None
    names = varied_hyperparameters(point.run for point in points)

    def share(key: Callable[[Point], str]) -> tuple[float, dict[str, list[float]]]:
        groups: dict[str, list[float]] = {}
        for point in points:
            groups.setdefault(key(point), []).append(point.score)
        between = (len(group) * (math.fsum(group) / len(group) - centre) ** 2 for group in groups.values())
        return min(1.0, math.fsum(between) / total), groups

    freedom = len(points) - 1
    main = {}
    for name in names:
        explained, groups = share(lambda point, name=name: _as_key([point.value(name)]))  # type: ignore[misc]
        main[name] = Share(explained, (len(groups) - 1) / freedom)
    of_settings, settings = share(lambda point: _as_key(point.value(name) for name in names))
    cells = math.prod(len({_as_key([point.value(name)]) for point in points}) for name in names)
    is_balanced = cells == len(settings) and len({len(group) for group in settings.values()}) == 1
    beyond = of_settings - math.fsum(share.explained for share in main.values())
    beyond_by_chance = (len(settings) - 1) / freedom - math.fsum(share.by_chance for share in main.values())
    has_seeds = len(points) > len(settings)
    return Effects(
        architecture=architecture,
        runs=len(points),
        main=main,
        interactions=Share(max(0.0, beyond), beyond_by_chance) if is_balanced and len(names) > 1 else None,
        seed=Share(1 - of_settings, (len(points) - len(settings)) / freedom) if has_seeds else None,
        is_balanced=is_balanced,
    )


def _as_key(values: Iterable[object]) -> str:
    return json.dumps(list(values), sort_keys=True, default=str)
