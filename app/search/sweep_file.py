"""The keys of a W&B sweep file, each with its type and its bounds, and its parameters one by one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, StrictBool, ValidationError, field_validator, model_validator

from app.config import explain
from app.documents import Document, KeyPath
from app.errors import Problem
from app.search.distributions import DISTRIBUTIONS, Distribution, infer_distribution
from app.search.distributions.numbers import Number, WholeNumber
from app.search.hyperband import find_bands
from app.validation import Frozen, one_of, refuse, suggest

__all__ = [
    "EarlyTerminate",
    "Metric",
    "Parameter",
    "SweepFile",
    "is_sweep_document",
    "read_parameters",
    "read_sweep_keys",
]

METHODS = ("grid", "random", "bayes")
IMPUTE = ("latest", "best", "worst")
IGNORED = ("apiVersion", "kind", "controller", "settings")  # W&B's bookkeeping, which says nothing of the search
ONLINE = {  # keys of W&B that ask for something of its own
    "metrics": "a search here has one metric",
    "scheduler": "W&B's scheduler is not here",
    "job": "W&B Launch is not here",
    "image_uri": "W&B Launch is not here",
}


class Metric(Frozen):
    """What is to be made as large, or as small, as it can be."""

    name: Annotated[str, Field(min_length=1)]
    goal: str = "minimize"
    target: Number | None = None
    impute: str | None = None  # what W&B takes for a run that failed, and for one under way; here they have no value
    impute_while_running: str | None = None

    @field_validator("goal", mode="before")
    @classmethod
    def _known_goal(cls, value: object) -> str:
        return one_of(value, ("minimize", "maximize"), "goal")

    @field_validator("impute", mode="before")
    @classmethod
    def _known_impute(cls, value: object) -> str:
        return one_of(value, IMPUTE, "value to impute")

    @field_validator("impute_while_running", mode="before")
    @classmethod
    def _known_impute_while_running(cls, value: object) -> str:
        return one_of("false" if value is False else value, (*IMPUTE, "false"), "value to impute")


class EarlyTerminate(Frozen):
    """Hyperband: at each band the best of all trials go on, the others are stopped."""

    type: str
    min_iter: WholeNumber | None = None  # the first band
    max_iter: WholeNumber | None = None  # the bands are counted back from here
    s: WholeNumber | None = None  # so many of them
    eta: Number = 3
    strict: StrictBool = True  # judged by the value at the band; otherwise by the best so far

    @field_validator("type", mode="before")
    @classmethod
    def _known_type(cls, value: object) -> str:
        return one_of(value, ("hyperband",), "way to stop early")

    @field_validator("min_iter", "max_iter", "s")
    @classmethod
    def _counts(cls, value: int | None) -> int | None:
        if value is not None and value < 1:
            raise refuse(f"must be 1 or more, not {value}")
        return value

    @field_validator("eta")
    @classmethod
    def _divides(cls, value: float) -> float:
        if value <= 1:
            raise refuse(f"must be above 1, not {value:g}: one in eta goes on")
        return value

    @model_validator(mode="after")
    def _has_bands(self) -> Self:
        if self.max_iter is None and self.min_iter is None:
            raise refuse("needs min_iter, or max_iter with s")
        if self.max_iter is not None and self.s is None and self.min_iter is None:
            raise refuse("is missing: max_iter needs it to count bands back from there", at=("s",))
        if not self.bands:
            text = f"no band is left: {self.max_iter} divided by eta, {self.eta:g}, is less than one epoch"
            raise refuse(text, at=("max_iter",))
        return self

    @property
    def bands(self) -> tuple[int, ...]:
        """The iterations at which trials are compared, rising."""
        return find_bands(min_iter=self.min_iter, max_iter=self.max_iter, s=self.s, eta=self.eta)


class SweepFile(Frozen):
    """The top level of a sweep file. Parameters are read one by one, by `read_parameters`."""

    program: str
    method: str
    parameters: Mapping[str, Any]
    command: tuple[Any, ...] = ()
    metric: Metric | None = None
    early_terminate: EarlyTerminate | None = None
    run_cap: WholeNumber | None = None
    name: str = ""
    description: str = ""
    project: Annotated[str, Field(min_length=1, max_length=128)] | None = None
    entity: str | None = None

    @field_validator("program")
    @classmethod
    def _is_ours(cls, value: str) -> str:
        if Path(value).name != "app.py":
            raise refuse(f"must be app.py, which every trial is a call of, not {value!r}")
        return value

    @field_validator("method", mode="before")
    @classmethod
    def _known_method(cls, value: object) -> str:
        return one_of(value, METHODS, "method")

    @field_validator("parameters")
    @classmethod
    def _has_some(cls, value: Mapping[str, Any]) -> Mapping[str, Any]:
        if not value:
            raise refuse("is empty: there is nothing to search")
        return value

    @field_validator("run_cap")
    @classmethod
    def _at_least_one(cls, value: int | None) -> int | None:
        if value is not None and value < 1:
            raise refuse(f"must be 1 or more, not {value}")
        return value

    @model_validator(mode="after")
    def _knows_what_is_good(self) -> Self:
        if self.metric is None and (self.method == "bayes" or self.early_terminate):
            what = "bayes" if self.method == "bayes" else "early_terminate"
            text = f"is missing: {what} has to know what is good, as in {{name: eval_accuracy, goal: maximize}}"
            raise refuse(text, at=("metric",))
        return self


@dataclass(frozen=True)
class Parameter:
    """One parameter as the file gives it."""

    name: str  # nested ones joined by dots
    place: KeyPath
    distribution: Distribution


def is_sweep_document(document: Document) -> bool:
    """Whether the file is a sweep rather than a benchmark or a suite."""
    return "method" in document.data and "parameters" in document.data and "task" not in document.data


def read_sweep_keys(document: Document) -> tuple[SweepFile | None, list[Problem]]:
    """The file's top level, or None where it is not whole; and all that is wrong with it."""
    data = {key: value for key, value in document.data.items() if key not in IGNORED}
    problems = [
        Problem(where=document.where((key,)), key=key, message=f"{ONLINE[key]}; leave it out, or use wandb agent")
        for key in ONLINE
        if data.pop(key, None) is not None
    ]
    try:
        return SweepFile.model_validate(data), problems
    except ValidationError as error:
        return None, problems + [explain(document, (), details, SweepFile) for details in error.errors()]


def read_parameters(
    document: Document, given: object, path: KeyPath = ("parameters",)
) -> Iterator[Parameter | Problem]:
    """Every parameter below `path`, or what is wrong with it; those of nested `parameters` one by one."""
    if not isinstance(given, dict):
        return
    for key, fields in given.items():
        place = (*path, str(key))
        where, shown = document.where(place), ".".join(map(str, place))
        if isinstance(fields, dict):
            fields = {str(name): value for name, value in fields.items()}
        if not isinstance(fields, dict) or not fields:
            text = f"must be a mapping such as {{value: 1}}, {{values: [1, 2]}} or {{min: 1, max: 2}}, not {fields!r}"
            yield Problem(where=where, key=shown, message=text)
        elif "parameters" in fields:
            others = sorted(set(fields) - {"parameters"})
            if others:
                yield Problem(where=where, key=shown, message=f"has parameters of its own, so it takes no {others[0]}")
            yield from read_parameters(document, fields["parameters"], (*place, "parameters"))
        else:
            yield from _read_one(document, place, fields)


def _read_one(document: Document, place: KeyPath, fields: Mapping[str, Any]) -> Iterator[Parameter | Problem]:
    given = fields.get("distribution")
    name = infer_distribution(fields) if given is None else given
    path, shown = (*place, "distribution"), ".".join(map(str, (*place, "distribution")))
    if name is None:
        text = f"is missing, and {', '.join(fields)} alone name none: give value, values, or min and max"
        yield Problem(where=document.where(path), key=shown, message=text)
        return
    model = DISTRIBUTIONS.get(name) if isinstance(name, str) else None
    if model is None:
        text = f"unknown distribution {name!r}{suggest(name, tuple(DISTRIBUTIONS))}"
        yield Problem(where=document.where(path), key=shown, message=text)
        return
    try:
        distribution = model.model_validate({**fields, "distribution": name})
    except ValidationError as error:
        for details in error.errors():
            yield explain(document, place, details, model)
        return
    joined = ".".join(str(part) for part in place if part != "parameters")
    yield Parameter(joined, place, distribution)
