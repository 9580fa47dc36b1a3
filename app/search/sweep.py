"""A sweep file read: `load_sweep` returns one that is whole, with the benchmark it searches, or tells every problem."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from app.config import AXES, Benchmark, change_document, check_document, lay_axis
from app.documents import Document, KeyPath, assign, read_document
from app.errors import ConfigError, Problem
from app.schema import suggest
from app.search.command import Command, read_command
from app.search.distributions import LARGEST_GRID, Distribution, Range
from app.search.metrics import final_metrics, logged_metrics
from app.search.sweep_file import (
    EarlyTerminate,
    Metric,
    Parameter,
    SweepFile,
    is_sweep_document,
    read_parameters,
    read_sweep_keys,
)
from app.tasks import KINDS, direction
from app.trials import SpaceAxis

__all__ = ["Sweep", "is_sweep", "load_sweep"]

OPTIONS = "optimizer_options"
PREFIX = "hyperparameters."  # a nested parameter may be called as in a benchmark file


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """A whole search: its space, what it goes by, and the benchmark that each trial is a run of."""

    source: Path
    name: str
    description: str
    method: str
    metric: Metric | None
    early_terminate: EarlyTerminate | None
    run_cap: int | None
    axes: Mapping[str, Distribution]  # of every parameter, in the order of the file
    benchmark: Benchmark  # every axis at the ends of what the sweep gives it: if this is valid, every trial is
    document: Document  # of the benchmark, with the fixed words of the command laid over it

    @property
    def goal(self) -> Literal["minimize", "maximize"]:
        """What is done with the metric; a grid or a random search may go without one, and then takes what ranks."""
        if self.metric is not None:
            return "minimize" if self.metric.goal == "minimize" else "maximize"
        return "minimize" if direction(self.benchmark.task.metric) == "min" else "maximize"

    @property
    def metric_name(self) -> str:
        """By what trials are compared."""
        return self.metric.name if self.metric else f"eval_{self.benchmark.task.metric}"

    @property
    def grid_size(self) -> int:
        """How many combinations a grid has."""
        size = 1
        for distribution in self.axes.values():
            size *= len(distribution.grid or ())
        return size

    def describe_space(self) -> tuple[SpaceAxis, ...]:
        """The parameters as the record of the search has them."""
        return tuple(
            SpaceAxis(
                name=name,
                distribution=axis.distribution,
                fields=axis.model_dump(mode="json", exclude={"distribution"}, exclude_none=True),
                is_log=isinstance(axis.domain, Range) and axis.domain.log,
            )
            for name, axis in self.axes.items()
        )

    def benchmark_at(self, values: Mapping[str, Any]) -> Benchmark:
        """The benchmark whose only run is the trial with these values of the parameters.

        Raises:
            ConfigError: they are not valid.
        """
        document = copy.deepcopy(self.document)
        problems = [
            problem
            for name, found in _as_axes({name: [value] for name, value in values.items()}).items()
            for problem in lay_axis(document, name, found, origin=f"--{name}={found[0]}")
        ]
        return check_document(document, problems)


def is_sweep(path: Path) -> bool:
    """Whether the file at `path` is a sweep.

    Raises:
        ConfigError: it cannot be read.
    """
    return is_sweep_document(read_document(path))


def load_sweep(path: Path, *, overrides: Sequence[str] = ()) -> Sweep:
    """Read and validate a sweep file and the benchmark that its command names.

    Args:
        path: the YAML file.
        overrides: `KEY.PATH=VALUE` words of `--set`, laid over the benchmark after those of the command.

    Raises:
        ConfigError: with every problem found, each with its place.
    """
    document = read_document(path)
    file, problems = read_sweep_keys(document)
    read = list(read_parameters(document, document.data.get("parameters")))
    parameters = [item for item in read if isinstance(item, Parameter)]
    problems += [item for item in read if isinstance(item, Problem)]
    program = document.data.get("program")
    command, wrong = read_command(document, program if isinstance(program, str) else "app.py")
    problems += wrong
    problems += _check_names(document, parameters, command)
    if file is not None and file.method == "grid":
        problems += _check_grid(document, parameters)
    base, benchmark = None, None
    if command is not None:
        try:
            base = _open_benchmark(command, overrides, document, file)
            problems += _check_open_axes(document, base, parameters)
            problems += _check_metric(document, base)
            benchmark = _check_values(document, base, parameters)
        except ConfigError as error:
            problems += error.problems
    if problems or file is None or base is None or benchmark is None:
        raise ConfigError(list(dict.fromkeys(problems)))
    return Sweep(
        source=path,
        name=file.name or benchmark.name,
        description=file.description,
        method=file.method,
        metric=file.metric,
        early_terminate=file.early_terminate,
        run_cap=file.run_cap,
        axes={_axis_of(parameter.name): parameter.distribution for parameter in parameters},
        benchmark=benchmark,
        document=base,
    )


def _open_benchmark(command: Command, overrides: Sequence[str], document: Document, file: SweepFile | None) -> Document:
    """The benchmark's file with all that is fixed laid over it; where its runs are tracked, the sweep says."""
    base = read_document(command.config)
    if is_sweep_document(base) or "suite" in base.data:
        what = "a sweep" if is_sweep_document(base) else "a suite"
        message = f"{command.config} is {what}: a trial is one run of one benchmark; name the file of one"
        raise ConfigError([Problem(where=document.where(("command",)), key="command", message=message)])
    for key in ("project", "entity"):
        if file is not None and getattr(file, key) and isinstance(base.data.get("tracking"), dict | None):
            assign(base, ("tracking", key), getattr(file, key), document.where((key,)))
    problems = change_document(base, overrides=[*command.overrides, *overrides], pins=dict(command.pins))
    if problems:
        raise ConfigError(problems)
    return base


def _check_names(document: Document, parameters: Sequence[Parameter], command: Command | None) -> Iterable[Problem]:
    seen: dict[str, Parameter] = {}
    for parameter in parameters:
        name = _axis_of(parameter.name)
        head = name.split(".")[0]
        message = ""
        if name in seen or (head != name and head in seen):
            message = f"is given twice, as {seen.get(name, seen.get(head, parameter)).name} too; keep one"
        elif head not in AXES or (head != name and head != OPTIONS):
            message = f"unknown parameter {parameter.name!r}{suggest(name, AXES)}"
        elif command is not None and name in dict(command.pins):
            message = f"is fixed by the command, --{name}={dict(command.pins)[name]}; take it out of one of them"
        seen[name] = parameter
        if message:
            yield _problem(document, parameter.place, message)


def _check_grid(document: Document, parameters: Sequence[Parameter]) -> Iterable[Problem]:
    for parameter in parameters:
        given, grid = parameter.distribution, parameter.distribution.grid
        if grid is None:
            text = f"{given.distribution} has no values in order for a grid"
            yield _problem(document, parameter.place, f"{text}; allowed: categorical, constant, int_uniform, q_uniform")
        elif len(grid) > LARGEST_GRID:
            text = f"has more than {LARGEST_GRID:,} values: no grid of them comes to an end"
            yield _problem(document, parameter.place, text)


def _check_values(document: Document, base: Document, parameters: Sequence[Parameter]) -> Benchmark:
    """The benchmark with every axis at the ends of what it can be.

    Raises:
        ConfigError: one of them is not valid, or the benchmark itself is not.
    """
    whole = copy.deepcopy(base)
    known = [item for item in parameters if _axis_of(item.name).split(".")[0] in AXES]  # others are told already
    places = {_axis_of(item.name).split(".")[0]: item for item in known}
    ends = {_axis_of(item.name): list(item.distribution.ends) for item in known}
    for name, values in _as_axes(ends).items():
        lay_axis(whole, name, values, origin=document.where(places[name].place))
    try:
        return check_document(whole)
    except ConfigError as error:
        told = [_as_of_the_sweep(problem, places) for problem in error.problems]
        raise ConfigError(list(dict.fromkeys(told))) from None


def _as_of_the_sweep(problem: Problem, places: Mapping[str, Parameter]) -> Problem:
    """A problem of the benchmark by the key of the parameter that brought it in, if one did."""
    first, *rest = problem.key.split(".")
    axis = {"architectures": "architecture", "seeds": "seed"}.get(first, rest[0] if rest else "")
    if axis not in places:
        return problem
    return Problem(where=problem.where, key=".".join(map(str, places[axis].place)), message=problem.message)


def _check_open_axes(document: Document, base: Document, parameters: Sequence[Parameter]) -> Iterable[Problem]:
    """One trial is one run: what the sweep does not choose must have one value."""
    chosen = {_axis_of(parameter.name).split(".")[0] for parameter in parameters}
    hyperparameters = base.data.get("hyperparameters")
    axes: dict[str, Any] = {
        "architecture": base.data.get("architectures"),
        "seed": base.data.get("seeds"),
        **(hyperparameters if isinstance(hyperparameters, dict) else {}),
    }
    for name, values in axes.items():
        if name not in chosen and isinstance(values, list) and len(values) > 1:
            first = values[0].get("name") if isinstance(values[0], dict) and name == "architecture" else values[0]
            text = (
                f"{name} is left open: the benchmark has {len(values)} values of it, and one trial is one run; "
                f"give {name}: {{value: {first}}} or {{values: [...]}}"
            )
            yield _problem(document, ("parameters",), text)


def _check_metric(document: Document, base: Document) -> Iterable[Problem]:
    metric, task = document.data.get("metric"), base.data.get("task")
    name = metric.get("name") if isinstance(metric, dict) else None
    kind = KINDS.get(str(task.get("kind"))) if isinstance(task, dict) else None
    if not isinstance(name, str) or not isinstance(task, dict) or kind is None:
        return  # which is told already
    place = ("metric", "name")
    on_the_way, at_the_end = logged_metrics(task.get("metric") or kind.ranked_by), final_metrics(kind.name)
    if name.startswith("test/"):
        yield _problem(document, place, f"{name} is for the report: nothing is chosen by it; take {on_the_way[0]}")
    elif name not in on_the_way + at_the_end:
        yield _problem(document, place, f"no run logs {name!r}{suggest(name, on_the_way + at_the_end)}")
    elif document.data.get("early_terminate") and name not in on_the_way:
        text = f"{name} is logged at the end alone, so that nothing could be stopped by it{suggest(name, on_the_way)}"
        yield _problem(document, place, text)


def _as_axes(values: Mapping[str, Sequence[Any]]) -> dict[str, list[Any]]:
    """The values by axis of a benchmark file: single options of the optimiser become sets of them.

    Each set has the first value of every option but one, which has each of its own in turn.
    """
    axes = {name: list(found) for name, found in values.items() if not name.startswith(f"{OPTIONS}.")}
    options = {name.partition(".")[2]: found for name, found in values.items() if name.startswith(f"{OPTIONS}.")}
    if options:
        first = {name: found[0] for name, found in options.items()}
        sets = [{**first, name: value} for name, found in options.items() for value in found]
        axes[OPTIONS] = [item for index, item in enumerate(sets) if item not in sets[:index]]
    return axes


def _axis_of(name: str) -> str:
    return name.removeprefix(PREFIX)


def _problem(document: Document, place: KeyPath, message: str) -> Problem:
    return Problem(where=document.where(place), key=".".join(map(str, place)), message=message)
