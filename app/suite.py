"""A suite file read: many benchmarks under one name, each a file of its own, checked together by `load_suite`."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_core import PydanticCustomError

from app.config import Benchmark, change_document, check_document, explain, load_architectures
from app.documents import Document, KeyPath, assign, read_document
from app.errors import ConfigError, Problem
from app.schema import NAME, suggest
from app.tasks import KINDS, METRICS

__all__ = ["Member", "Suite", "SuiteFile", "is_suite", "load_suite"]

OWN = ("name", "suite", "description")
SHARED = ("architectures", "hyperparameters", "seeds", "inference", "execution", "tracking")  # laid over every member
FILES = ("index.html", "report.ipynb", "results.csv", "suite.json")  # in the suite's folder, beside the members


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Listed(_Frozen):
    """A member as a suite file lists it."""

    config: str
    metrics: tuple[str, ...] = ()

    @field_validator("metrics", mode="before")
    @classmethod
    def _as_names(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value


class SuiteFile(_Frozen):
    """The keys of a suite file. What it shares out is checked in each member, where it belongs."""

    name: Annotated[str, Field(pattern=NAME, max_length=64)]
    suite: tuple[Listed, ...]
    description: str = ""
    architectures: Any = None
    hyperparameters: Any = None
    seeds: Any = None
    inference: Any = None
    execution: Any = None
    tracking: Any = None

    @field_validator("suite", mode="before")
    @classmethod
    def _as_list(cls, value: object) -> object:
        if not isinstance(value, list) or not value:
            text = f"must be a list of benchmark files or of {{config: FILE, metrics: [...]}}, not {value!r}"
            raise PydanticCustomError("refused", "{text}", {"text": text})
        return [{"config": item} if isinstance(item, str) else item for item in value]


@dataclass(frozen=True)
class Member:
    """One benchmark of a suite, with what the suite lays over it."""

    file: Path
    benchmark: Benchmark
    metrics: tuple[str, ...]  # whose mean is its score in the suite: METRIC of the reported split, or SPLIT.METRIC


@dataclass(frozen=True)
class Suite:
    """A whole suite: every member is complete, and has a name of its own."""

    name: str
    description: str
    members: tuple[Member, ...]


@dataclass(frozen=True)
class _Opened:
    """A member's file before it is checked."""

    place: KeyPath  # in the suite file
    file: Path
    document: Document
    metrics: tuple[str, ...]

    @property
    def name(self) -> str:
        return str(self.document.data.get("name") or "")


def is_suite(path: Path) -> bool:
    """Whether the file at `path` is a suite rather than a benchmark.

    Raises:
        ConfigError: it cannot be read.
    """
    return "suite" in read_document(path).data


def load_suite(path: Path, *, overrides: Sequence[str] = (), pins: Mapping[str, str] | None = None) -> Suite:
    """Read and validate a suite file and every member of it.

    Over a member's own file are laid the keys that the suite shares out, then `overrides`, then `pins`.

    Args:
        path: the YAML file; the members' paths in it are relative to its folder.
        overrides: `KEY.PATH=VALUE` words of `--set`. A key goes to every member; with a member's name before it, to
            that one alone; `name`, `description` and `suite` are the suite's own.
        pins: axis name -> value, for every member.

    Raises:
        ConfigError: with every problem of the suite and of all its members, each with its place.
    """
    document = read_document(path)
    problems = change_document(document, overrides=[words for words in overrides if _first_key(words) in OWN])
    problems += _check_file(document)
    tried = list(_open_members(document, path.parent))
    problems += [found for found in tried if isinstance(found, Problem)]
    opened = [found for found in tried if isinstance(found, _Opened)]
    names = [member.name for member in opened if member.name]
    given = [words for words in overrides if _first_key(words) not in OWN]
    problems += [problem for words in given for problem in _check_words(words, names)]
    members: list[Member] = []
    called: dict[str, Path] = {}
    for found in opened:
        for key in SHARED:
            _lay_over(found.document, document, key)
        words = [item for item in given if _addressee(item, names) in (found.name, None) and _is_known(item, names)]
        benchmark = None
        try:
            wrong = change_document(found.document, overrides=words, pins=pins, member=found.name)
            _suit_baselines(found.document)
            benchmark = check_document(found.document, wrong)
            members.append(Member(found.file, benchmark, found.metrics or (benchmark.task.metric,)))
        except ConfigError as error:
            problems += error.problems
        problems += _check_metrics(document, found, benchmark)
        problems += _check_name(document, found, called)
    if problems:
        raise ConfigError(list(dict.fromkeys(problems)))  # what is shared and wrong is wrong in each: said once
    return Suite(document.data["name"], document.data.get("description", ""), tuple(members))


def _check_file(document: Document) -> list[Problem]:
    try:
        SuiteFile.model_validate(document.data)
    except ValidationError as error:
        return [explain(document, (), details, SuiteFile) for details in error.errors()]
    return []


def _open_members(document: Document, folder: Path) -> Iterator[_Opened | Problem]:
    """The members whose files can be read, and a problem for each other; what is no entry at all is told elsewhere."""
    seen: dict[Path, str] = {}
    listed = document.data.get("suite")
    for index, entry in enumerate(listed if isinstance(listed, list) else ()):
        fields = {"config": entry} if isinstance(entry, str) else entry if isinstance(entry, dict) else {}
        given, metrics = fields.get("config"), fields.get("metrics", ())
        if not isinstance(given, str):
            continue
        key = f"suite.{index}" if isinstance(entry, str) else f"suite.{index}.config"
        where = document.where(("suite", index))
        file = folder / Path(given).expanduser()
        if file.resolve() in seen:
            first = seen[file.resolve()]
            yield Problem(where=where, key=key, message=f"{given} is listed twice, first as {first}; keep one")
            continue
        seen[file.resolve()] = key
        try:
            member = read_document(file)
        except ConfigError as error:
            if file.exists():
                yield from error.problems
            else:
                yield Problem(where=where, key=key, message=f"{file}: {error.problems[0].message}")
            continue
        if "suite" in member.data:
            message = f"{given} is a suite itself; list its members here, each by itself"
            yield Problem(where=where, key=key, message=message)
            continue
        counted = (metrics,) if isinstance(metrics, str) else tuple(metrics) if isinstance(metrics, list) else ()
        yield _Opened(("suite", index), file, member, tuple(map(str, counted)))


def _lay_over(member: Document, suite: Document, key: str) -> None:
    """A list or a value of the suite replaces the member's own; of a mapping, each key does."""
    if key not in suite.data:
        return
    value = copy.deepcopy(suite.data[key])
    if not isinstance(value, dict):
        assign(member, (key,), value, suite.where((key,)))
    elif isinstance(member.data.get(key), dict | None):
        for name, inner in value.items():
            assign(member, (key, name), inner, suite.where((key, name)))
    below = [path for path in suite.lines if path[0] == key and len(path) > 1]
    member.overrides |= {path: suite.where(path) for path in below}


def _suit_baselines(member: Document) -> None:
    """A baseline of another kind of task becomes the member's own of the same place: where majority is none, mean.

    It keeps its name, so that the suite has it in one row. What is wrong otherwise is for validation to say.
    """
    task, entries = member.data.get("task"), member.data.get("architectures")
    kind = KINDS.get(str(task.get("kind") if isinstance(task, dict) else None))
    for index, entry in enumerate(entries if kind and isinstance(entries, list) else ()):
        fields = {"name": entry} if isinstance(entry, str) else entry if isinstance(entry, dict) else {}
        known = load_architectures().get(str(fields.get("name")))
        family = fields.get("family") or (known.family if known else None)
        places = [other.baselines.index(family) for other in KINDS.values() if family in other.baselines]
        if kind and places and family not in kind.baselines and places[0] < len(kind.baselines):
            entries[index] = {**fields, "family": kind.baselines[places[0]]}


def _first_key(words: str) -> str:
    return words.partition("=")[0].strip().partition(".")[0]


def _addressee(words: str, names: Sequence[str]) -> str | None:
    """The member that a `--set` goes to; None where it goes to all."""
    key = words.partition("=")[0].strip()
    return max((name for name in names if key.startswith(f"{name}.")), key=len, default=None)


def _is_known(words: str, names: Sequence[str]) -> bool:
    is_form_wrong = "=" not in words  # said by who reads it
    return is_form_wrong or _addressee(words, names) is not None or _first_key(words) in Benchmark.model_fields


def _check_words(words: str, names: Sequence[str]) -> list[Problem]:
    if _is_known(words, names):
        return []
    key = words.partition("=")[0].strip()
    allowed = tuple(dict.fromkeys((*names, *OWN, *Benchmark.model_fields)))
    message = f"unknown key{suggest(_first_key(words), allowed)}"
    if key in names:
        message = f"is a member of the suite; give a key of it, as in {key}.dataset.limit=500"
    return [Problem(where=f"--set {words}", key=key, message=message)]


def _check_metrics(document: Document, member: _Opened, benchmark: Benchmark | None) -> Iterator[Problem]:
    splits = ("validation", "test", *(benchmark.dataset.extra_splits if benchmark else ()))
    metrics = KINDS[benchmark.task.kind].metrics if benchmark else METRICS
    for index, given in enumerate(member.metrics):
        path = (*member.place, "metrics", index)
        split, dot, metric = given.rpartition(".")
        message = ""
        if metric not in metrics:
            what = f"metric for {benchmark.task.kind}" if benchmark and metric in METRICS else "metric"
            message = f"unknown {what} {metric!r}{suggest(metric, metrics)}"
        elif dot and benchmark and split not in splits:
            message = f"{benchmark.name} has no split {split!r} that is scored{suggest(split, splits)}"
        elif given in member.metrics[:index]:
            message = f"{given!r} is listed twice; each counts once"
        if message:
            yield Problem(where=document.where(path), key=".".join(map(str, path)), message=message)


def _check_name(document: Document, member: _Opened, before: dict[str, Path]) -> Iterator[Problem]:
    name, key = member.name, ".".join(map(str, member.place))  # as it is after --set MEMBER.name=VALUE
    same = before.setdefault(name, member.file)
    message = ""
    if name and same != member.file:
        message = f"{member.file} has the name {name!r}, as {same} has; each member needs its own"
    elif name in (*OWN, *Benchmark.model_fields, *FILES):
        message = f"{member.file} has the name {name!r}, which a member of a suite cannot have; give it another"
    if message:
        yield Problem(where=document.where(member.place), key=key, message=message)
