"""A benchmark file read: `load_config` returns one that is whole, or tells every problem in it."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import UnionType
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from app.documents import Document, KeyPath, assign, parse_value, read_document
from app.errors import ConfigError, Problem
from app.hyperparameters import settle
from app.layout import ARCHITECTURES, REFERENCES
from app.optimizers import OPTIMIZERS, with_defaults
from app.schema import (
    AUTO,
    BACKENDS,
    BASELINES,
    BUILTIN,
    CORPORA,
    FAMILIES,
    HUB,
    METRICS,
    RAY,
    Architecture,
    Benchmark,
    Dataset,
    Execution,
    Files,
    Hyperparameters,
    Inference,
    KnownArchitecture,
    Resources,
    Splits,
    Task,
    Tracking,
    suggest,
)
from app.tasks import DECODERS

__all__ = [
    "AUTO",
    "AXES",
    "BACKENDS",
    "BASELINES",
    "BUILTIN",
    "CORPORA",
    "FAMILIES",
    "HUB",
    "METRICS",
    "OPTIMIZERS",
    "RAY",
    "Architecture",
    "Benchmark",
    "Dataset",
    "Execution",
    "Files",
    "Hyperparameters",
    "Inference",
    "KnownArchitecture",
    "Resources",
    "Splits",
    "Task",
    "Tracking",
    "change_document",
    "check_document",
    "explain",
    "lay_axis",
    "load_architectures",
    "load_config",
    "settle",
    "suggest",
    "with_defaults",
]

AXES = ("architecture", "seed", *Hyperparameters.model_fields)  # what a command line or a sweep may pin


@functools.cache
def load_architectures(path: Path = ARCHITECTURES) -> Mapping[str, KnownArchitecture]:
    """The table of known architectures, by name, in the file's order.

    Raises:
        ConfigError: the table itself is wrong.
    """
    document = read_document(path, is_ours=path == ARCHITECTURES)
    found: dict[str, KnownArchitecture] = {}
    problems: list[Problem] = []
    for name, entry in document.data.items():
        fields = entry if isinstance(entry, dict) else {"": entry}
        try:
            found[name] = KnownArchitecture.model_validate({"name": name, **fields})
        except ValidationError as error:
            problems += [explain(document, (name,), details, KnownArchitecture) for details in error.errors()]
    if problems:
        raise ConfigError(problems)
    return found


def load_config(path: Path, *, overrides: Sequence[str] = (), pins: Mapping[str, str] | None = None) -> Benchmark:
    """Read and validate a benchmark file.

    Args:
        path: the YAML file.
        overrides: `KEY.PATH=VALUE` words of `--set`, in order; values are read as YAML.
        pins: axis name -> value, as a sweep agent gives them: `architecture`, `seed`, a hyperparameter, or another key
            of the file, by its path or as a mapping.

    Raises:
        ConfigError: with every problem found, each with its place.
    """
    document = read_document(path)
    return check_document(document, change_document(document, overrides=overrides, pins=pins))


def change_document(
    document: Document, *, overrides: Sequence[str] = (), pins: Mapping[str, str] | None = None, member: str = ""
) -> list[Problem]:
    """Lay the words of a command line over `document`; returns what is wrong with them.

    Args:
        document: of a benchmark file.
        overrides: as of `load_config`; where the benchmark is the `member` of a suite, its name may stand before a key.
        pins: as of `load_config`.
        member: its name in the suite.
    """
    problems = [problem for words in overrides for problem in _override(document, words, member=member)]
    return problems + [problem for name, text in (pins or {}).items() for problem in _pin(document, name, text)]


def check_document(document: Document, problems: Sequence[Problem] = ()) -> Benchmark:
    """The benchmark in `document`.

    Raises:
        ConfigError: with every problem found, each with its place, after the `problems` known before.
    """
    problems = list(problems)
    problems += _resolve_architectures(document)
    problems += _unknown_reference(document)
    try:
        benchmark = Benchmark.model_validate(document.data)
    except ValidationError as error:
        problems += [explain(document, (), details, Benchmark) for details in error.errors()]
    if problems:
        raise ConfigError(problems)
    return benchmark


def _override(document: Document, words: str, *, member: str) -> list[Problem]:
    key, separator, text = words.partition("=")
    key = key.strip().removeprefix(f"{member}.") if member else key
    origin = f"--set {words}"
    if not separator or not key.strip():
        return [Problem(where=origin, key="", message="must read KEY.PATH=VALUE, as in execution.workers=2")]
    path = tuple(int(part) if part.isdecimal() else part for part in key.strip().split("."))
    return _lay(document, path, parse_value(text), origin)


def _pin(document: Document, name: str, text: str) -> list[Problem]:
    return lay_axis(document, name, [parse_value(text)], origin=f"--{name}={text}")


def lay_axis(document: Document, name: str, values: Sequence[Any], *, origin: str) -> list[Problem]:
    """Give an axis of the grid these values; returns what is wrong with its name.

    Args:
        document: of a benchmark file.
        name: `architecture`, `seed` or a hyperparameter.
        values: what the file could have; an architecture that it lists is found by its name.
        origin: where they come from, for messages.
    """
    if name == "seed":
        assign(document, ("seeds",), list(values), origin)
    elif name in Hyperparameters.model_fields:
        if not isinstance(document.data.get("hyperparameters"), dict | None):
            return []
        assign(document, ("hyperparameters", name), list(values), origin)
    elif name == "architecture":
        entries = document.data.get("architectures")
        listed = entries if isinstance(entries, list) else []

        def find(value: Any) -> Any:
            named = (entry for entry in listed if isinstance(entry, dict) and entry.get("name") == value)
            return next(named, value)

        assign(document, ("architectures",), [find(value) for value in values], origin)
    elif name.partition(".")[0] in Benchmark.model_fields and name != "name":
        leaves = _leaves(tuple(name.split(".")), values[0])
        return [problem for path, leaf in leaves for problem in _lay(document, path, leaf, origin)]
    else:
        return [Problem(where=origin, key=name, message=f"unknown axis{suggest(name, AXES)}")]
    return []


def _leaves(path: KeyPath, value: object) -> list[tuple[KeyPath, object]]:
    """What a nested parameter of a sweep comes to: each key path in it, and its value."""
    if not isinstance(value, dict) or not value:
        return [(path, value)]
    return [leaf for key, below in value.items() for leaf in _leaves((*path, str(key)), below)]


def _lay(document: Document, path: KeyPath, value: object, origin: str) -> list[Problem]:
    try:
        assign(document, path, value, origin)
    except ConfigError as error:
        return list(error.problems)
    return []


def _resolve_architectures(document: Document) -> list[Problem]:
    """Replace names in `architectures` by their entries in the table; what is neither name nor mapping stays."""
    entries = document.data.get("architectures")
    if not isinstance(entries, list):
        return []
    table = load_architectures()
    problems: list[Problem] = []
    for index, entry in enumerate(entries):
        path: KeyPath = ("architectures", index)
        if isinstance(entry, str):
            entry = {"name": entry}
        if not isinstance(entry, dict):
            continue
        name = entry.get("name")
        known = table.get(name) if isinstance(name, str) else None
        family = entry.get("family") or (known.family if known else None)
        checkpoint, config = entry.get("checkpoint"), entry.get("config")
        message = ""
        if family and family not in FAMILIES + DECODERS + BASELINES:
            path, message = (
                (*path, "family"),
                f"unknown family {family!r}{suggest(family, FAMILIES + DECODERS + BASELINES)}",
            )
        elif checkpoint == HUB and not (known and known.checkpoint):
            path, message = (
                (*path, "checkpoint"),
                f"{ARCHITECTURES.name} names no checkpoint for {name!r}; give its id",
            )
        elif family in BASELINES and (checkpoint or config):
            message = f"{name!r} is a baseline: it takes neither checkpoint nor config"
        elif not family and not checkpoint and isinstance(name, str):
            looks_like_path = "/" in name or Path(name).exists()
            message = f"unknown architecture {name!r}" + (
                f"; for a hub id or a folder write {{name: NAME, checkpoint: {name}}}"
                if looks_like_path
                else suggest(name, tuple(table)) + "; or give {name: ..., checkpoint: ...}"
            )
        elif checkpoint and config:
            message = "takes either checkpoint or config: a checkpoint brings its own configuration"
        if message:
            problems.append(Problem(where=document.where(path), key=_shown(path), message=message))
        if not isinstance(config, dict | None):
            entries[index] = entry
            continue
        base = known or next((item for item in table.values() if item.family == family), None)
        resolved = {key: value for key, value in entry.items() if key != "config"}
        if checkpoint == HUB and known:
            resolved["checkpoint"] = known.checkpoint
        if family and (family == (known.family if known else family)):
            resolved["family"] = family
        if not checkpoint and base and base.family == family:
            resolved["config"] = {**base.config, **(config or {})}
        elif config:
            resolved["config"] = config
        entries[index] = resolved
        if message:
            entries[index] = {"name": f"unresolved-{index}"}
    return problems


def _unknown_reference(document: Document) -> list[Problem]:
    """The name under which published scores are looked up has to be one that the table of them has."""
    dataset = document.data.get("dataset")
    name = dataset.get("reference") if isinstance(dataset, dict) else None
    if not isinstance(name, str):  # of another kind it is refused as such
        return []
    known = read_document(REFERENCES, is_ours=True).data.get("datasets") or {}
    if name in known:
        return []
    message = f"{REFERENCES.name} has no data set {name!r}{suggest(name, tuple(known))}"
    path = ("dataset", "reference")
    return [Problem(where=document.where(path), key=_shown(path), message=message)]


def explain(document: Document, prefix: KeyPath, details: ErrorDetails, model: type[BaseModel]) -> Problem:
    """One of pydantic's complaints in the words of this project: where it stands, and what is allowed.

    Args:
        document: what was validated, or a part of which was.
        prefix: the key path of that part.
        details: the complaint.
        model: what the part was held against.
    """
    about = details.get("ctx", {}).get("at", ())
    is_unknown = details["type"] == "extra_forbidden"  # then the last part is what the user wrote
    named, last = (details["loc"][:-1], details["loc"][-1:]) if is_unknown else (details["loc"], ())
    location = (*(part for part in named if not _is_branch(part)), *last, *about)
    path: KeyPath = (*prefix, *location)
    given = details["input"]
    kind = details["type"]
    if is_unknown:
        allowed = _fields_at(model, location[:-1])
        message = f"unknown key{suggest(location[-1], allowed)}"
    elif kind == "missing":
        message = "is missing; it has no default"
    elif kind == "model_type":
        or_name = ", or a name" if location[:1] == ("architectures",) else ""
        message = f"must be a mapping of {', '.join(_fields_at(model, location))}{or_name}, not {_short(given)}"
    elif kind in ("choice", "refused"):
        message = details["msg"]
    else:
        message = f"{details['msg'][0].lower()}{details['msg'][1:]}, not {_short(given)}"
    axis = path[:-1] if path and path[-1] == 0 and path not in document.lines else path
    return Problem(where=document.where(path), key=_shown(axis), message=message)


def _is_branch(part: str | int) -> bool:
    # pydantic names the member of a union it tried; no key of ours has a capital letter
    return isinstance(part, str) and (part in ("str", "Files") or "[" in part)


def _fields_at(model: type[BaseModel], location: Sequence[str | int]) -> tuple[str, ...]:
    current: Any = model
    for part in location:
        if isinstance(part, int):
            continue
        current = _model_in(current.model_fields[part].annotation)
    return tuple(current.model_fields)


def _model_in(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) is not None or isinstance(annotation, UnionType):
        for argument in get_args(annotation):
            if (found := _model_in(argument)) is not None:
                return found
    return None


def _shown(path: KeyPath) -> str:
    return ".".join(map(str, path))


def _short(value: object) -> str:
    text = repr(value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return text if len(text) <= 60 else text[:57] + "..."
