"""How much each parameter of a search mattered: functional ANOVA by a random forest.

A forest is fitted to the trials that came to their end, settings as inputs and the metric as output. Of each tree, the
share of the variance of its predictions that one parameter explains by itself is its importance: the variance of the
prediction averaged over all other parameters (Hutter, Hoos and Leyton-Brown 2014, ICML, "An Efficient Approach for
Assessing Hyperparameter Importance"). Here that average is over settings in which each parameter takes the values that
it had in the trials, independently of the others. The trees differ in the trials that they saw, and so say how
far the importance can be trusted; trials that a tree has not seen say whether the forest knows anything.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from app.trials import SearchRecord, SpaceAxis, TrialRecord

__all__ = ["FEWEST", "Importance", "Importances", "measure_importance"]

FEWEST = 10  # complete trials that the forest needs
TREES = 64
BACKGROUND = 128  # settings that the others are averaged over
SETTINGS = 2048  # that the whole variance is taken from
PLACES = 16  # values of a parameter that it is looked at


@dataclass(frozen=True)
class Importance:
    """Of one parameter: the mean over trees of the share of variance it explains alone, and their middle half."""

    name: str
    share: float
    low: float
    high: float


@dataclass(frozen=True)
class Importances:
    """Of all parameters, the one that mattered most first."""

    parameters: tuple[Importance, ...]
    together: float  # the share that is explained by parameters only together
    trials: int
    known: float  # R squared on trials that a tree has not seen; nothing is known where it is not above 0


def measure_importance(record: SearchRecord) -> Importances | None:
    """The importance of every parameter that took several values; None with fewer than `FEWEST` complete trials.

    None too where the values of the metric are all the same.
    """
    trials = [trial for trial in record.complete if trial.value is not None and math.isfinite(trial.value)]
    values = np.array([trial.value for trial in trials], dtype=float)
    axes = [axis for axis in record.searched if len({_key(trial, axis) for trial in trials}) > 1]
    if len(trials) < FEWEST or not axes or float(values.std()) <= 1e-12 * max(1.0, float(np.abs(values).max())):
        return None
    from sklearn.ensemble import RandomForestRegressor

    columns = [_encode(axis, trials) for axis in axes]
    table = np.hstack(columns)
    forest = RandomForestRegressor(TREES, min_samples_leaf=2, oob_score=True, bootstrap=True, random_state=0)
    forest.fit(table, values)
    random = np.random.default_rng(0)
    drawn = [_shuffled(column, BACKGROUND, random) for column in columns]
    many = np.hstack([_shuffled(column, SETTINGS, random) for column in columns])
    shares = np.array([_explained(tree, columns, drawn, many) for tree in forest.estimators_])
    shares = shares[np.isfinite(shares).all(axis=1)]  # a tree of one leaf has no variance to explain
    if not len(shares):
        return None
    low, high = np.quantile(shares, (0.25, 0.75), axis=0)
    means = shares.mean(axis=0)
    parameters = [
        Importance(axis.name, float(means[place]), float(low[place]), float(high[place]))
        for place, axis in enumerate(axes)
    ]
    return Importances(
        parameters=tuple(sorted(parameters, key=lambda item: -item.share)),
        together=max(0.0, 1.0 - float(means.sum())),
        trials=len(trials),
        known=float(forest.oob_score_),
    )


def _shuffled(column: npt.NDArray[Any], number: int, random: np.random.Generator) -> npt.NDArray[Any]:
    """So many of a parameter's values, each as often as any other, in an order of their own."""
    rounds = -(-number // len(column))
    return np.vstack([random.permutation(column) for _ in range(rounds)])[:number]


def _explained(
    tree: Any, columns: Sequence[npt.NDArray[Any]], drawn: Sequence[npt.NDArray[Any]], many: npt.NDArray[Any]
) -> list[float]:
    """The share of the variance of one tree's predictions that each parameter explains alone.

    Args:
        tree: of the forest.
        columns: each parameter's values.
        drawn: the settings of the others that are averaged over, by parameter.
        many: settings that the whole variance is taken from.
    """
    whole = float(np.var(tree.predict(many)))
    shares = []
    for place, column in enumerate(columns):
        different, counts = np.unique(column, axis=0, return_counts=True)
        if len(different) > PLACES:  # of a number: as many of its quantiles, each as likely as the others
            different = np.quantile(column, (np.arange(PLACES) + 0.5) / PLACES, axis=0)
            counts = np.ones(PLACES, dtype=counts.dtype)
        means = []
        for value in different:
            parts = [np.tile(value, (BACKGROUND, 1)) if other == place else part for other, part in enumerate(drawn)]
            means.append(float(tree.predict(np.hstack(parts)).mean()))
        centre = np.average(means, weights=counts)
        shares.append(float(np.average((np.array(means) - centre) ** 2, weights=counts)) / whole if whole else math.nan)
    return shares


def _encode(axis: SpaceAxis, trials: Sequence[TrialRecord]) -> npt.NDArray[np.float64]:
    """A column of numbers, or one for each choice."""
    given = [trial.values.get(axis.name) for trial in trials]
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in given):
        numbers = np.array(given, dtype=float)[:, None]
        return np.log(numbers) if axis.is_log and bool((numbers > 0).all()) else numbers
    keys = [_key(trial, axis) for trial in trials]
    return np.array([[float(key == choice) for choice in sorted(set(keys))] for key in keys])


def _key(trial: TrialRecord, axis: SpaceAxis) -> str:
    return json.dumps(trial.values.get(axis.name), sort_keys=True, default=str)
