"""What a trial is given: drawn at random, by what the trials before it came to, or the next point of a grid."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.samplers import BaseSampler, RandomSampler, TPESampler
from optuna.study import Study
from optuna.trial import FrozenTrial

from app.search.distributions import Choices, Domain, Range, label_values
from app.search.sweep import Sweep

__all__ = ["STARTUP", "describe_sampler", "draw_trial", "preview_trials", "values_of"]

optuna.logging.set_verbosity(optuna.logging.ERROR)

STARTUP = 10  # trials that bayes draws at random before it has anything to go by


def describe_sampler(method: str) -> str:
    """How trials are chosen, in words."""
    return {
        "grid": "every combination in order",
        "random": "drawn at random (optuna RandomSampler)",
        "bayes": f"tree-structured Parzen estimator (optuna TPESampler), after {STARTUP} at random",
    }[method]


def draw_trial(study: Study, sweep: Sweep, *, seed: int, place: int) -> optuna.Trial:
    """A trial with something drawn for each parameter that has more than one value."""
    domains = _domains(sweep)
    study.sampler = _PointSampler(_point(domains, place)) if sweep.method == "grid" else _sampler(sweep, seed)
    return study.ask({name: _as_distribution(domain) for name, domain in domains.items()})


def values_of(sweep: Sweep, drawn: Mapping[str, Any]) -> dict[str, Any]:
    """The values of all parameters, in the order of the file."""
    values = {}
    for name, distribution in sweep.axes.items():
        if name not in drawn:
            values[name] = distribution.ends[0]
        elif sweep.method == "grid":
            values[name] = label_values(distribution.grid or ())[drawn[name]]
        else:
            values[name] = distribution.value_of(drawn[name])
    return values


def preview_trials(sweep: Sweep, number: int, known: int) -> list[Mapping[str, Any]]:
    """The values of the next `number` trials after `known`, as far as they are known before any has been run."""
    study = optuna.create_study(direction=sweep.goal)
    if sweep.method == "grid":
        number = min(number, sweep.grid_size - known)
    drawn = (draw_trial(study, sweep, seed=known + step, place=known + step) for step in range(number))
    return [values_of(sweep, live.params) for live in drawn]


def _domains(sweep: Sweep) -> dict[str, Domain]:
    """What is drawn from, by parameter; of a grid choices alone."""
    domains: dict[str, Domain] = {}
    for name, distribution in sweep.axes.items():
        if sweep.method == "grid":
            domains[name] = Choices(tuple(label_values(distribution.grid or ())))
        else:
            domains[name] = distribution.domain
    return {name: domain for name, domain in domains.items() if isinstance(domain, Range) or len(domain.labels) > 1}


def _point(domains: Mapping[str, Domain], place: int) -> dict[str, str]:
    """The combination at this place of the grid: the last parameter of the file changes first."""
    point = {}
    for name, domain in reversed(list(domains.items())):
        assert isinstance(domain, Choices)
        place, index = divmod(place, len(domain.labels))
        point[name] = domain.labels[index]
    return point


def _as_distribution(domain: Domain) -> BaseDistribution:
    if isinstance(domain, Choices):
        return CategoricalDistribution(domain.labels)
    if domain.whole:
        return IntDistribution(int(domain.low), int(domain.high))
    return FloatDistribution(domain.low, domain.high, log=domain.log)


def _sampler(sweep: Sweep, seed: int) -> BaseSampler:
    return TPESampler(n_startup_trials=STARTUP, seed=seed) if sweep.method == "bayes" else RandomSampler(seed=seed)


class _PointSampler(BaseSampler):
    """One point of a grid."""

    def __init__(self, point: Mapping[str, str]) -> None:
        self._point = point

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:  # noqa: ARG002
        return {}

    def sample_relative(
        self,
        study: Study,  # noqa: ARG002
        trial: FrozenTrial,  # noqa: ARG002
        search_space: dict[str, BaseDistribution],  # noqa: ARG002
    ) -> dict[str, Any]:
        return {}

    def sample_independent(
        self,
        study: Study,  # noqa: ARG002
        trial: FrozenTrial,  # noqa: ARG002
        param_name: str,
        param_distribution: BaseDistribution,  # noqa: ARG002
    ) -> str:
        return self._point[param_name]
