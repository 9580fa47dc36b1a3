"""The table of published scores, config/references.yaml: read, checked, and asked for the figures on one data set."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_core import PydanticCustomError

from app.config import METRICS, explain, suggest
from app.documents import Document, KeyPath, read_document
from app.errors import ConfigError, Problem
from app.layout import REFERENCES

__all__ = ["Figure", "PublishedData", "References", "Source", "load_references"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Source(_Frozen):
    """Where figures are read, and what they are."""

    title: str
    statistic: Literal["single run", "mean", "median", "best", "unstated"]
    note: str = ""


class Figure(_Frozen):
    """One published score."""

    checkpoint: str
    metric: str
    split: Literal["validation", "test"]
    value: float = Field(ge=-100, le=100)  # x 100, as it is published
    source: str  # a key of the sources

    @field_validator("metric")
    @classmethod
    def _known_metric(cls, value: str) -> str:
        if value not in METRICS:
            text = f"unknown metric {value!r}{suggest(value, METRICS)}"
            raise PydanticCustomError("choice", "{text}", {"text": text})
        return value


class PublishedData(_Frozen):
    """One data set and what was published on it."""

    paths: tuple[str, ...]  # ids on the hub
    name: str | None = None  # configuration on the hub
    figures: tuple[Figure, ...]


Part = TypeVar("Part", bound=_Frozen)


@dataclass(frozen=True)
class References:
    """The whole table; both parts by their keys, in the order of the file."""

    sources: Mapping[str, Source]
    datasets: Mapping[str, PublishedData]

    def find(self, dataset: Mapping[str, Any]) -> PublishedData | None:
        """What was published on the data of a benchmark, None where that is nothing known.

        Args:
            dataset: the part of a resolved configuration: its `reference` decides, else its hub `path` and `name`.
        """
        if reference := dataset.get("reference"):
            return self.datasets.get(str(reference))
        path, name = dataset.get("path"), dataset.get("name")
        return next((data for data in self.datasets.values() if path in data.paths and name == data.name), None)


@functools.cache
def load_references(path: Path = REFERENCES) -> References:
    """The table of published scores.

    Raises:
        ConfigError: with every problem of the table, each with file, line and key.
    """
    document = read_document(path)
    problems = [_unknown_part(document, key) for key in document.data if key not in ("sources", "datasets")]
    sources = _read(document, "sources", Source, problems)
    datasets = _read(document, "datasets", PublishedData, problems)
    for name, data in datasets.items():
        seen = set()
        for index, figure in enumerate(data.figures):
            place: KeyPath = ("datasets", name, "figures", index)
            if figure.source not in (document.data.get("sources") or {}):
                message = f"unknown source {figure.source!r}{suggest(figure.source, tuple(sources))}"
                problems.append(_problem(document, (*place, "source"), message))
            key = (figure.checkpoint, figure.metric, figure.split, figure.source)
            if key in seen:
                problems.append(_problem(document, place, "the same figure is given above; keep one"))
            seen.add(key)
    if problems:
        raise ConfigError(problems)
    return References(sources, datasets)


def _read(document: Document, part: str, model: type[Part], problems: list[Problem]) -> dict[str, Part]:
    """The entries of one part that are right; what is wrong with the others is added to `problems`."""
    entries = document.data.get(part)
    if part not in document.data:
        problems.append(_problem(document, (part,), "is missing"))
        return {}
    if not isinstance(entries, dict):
        problems.append(_problem(document, (part,), f"must be a mapping of names to {part}, not {entries!r}"))
        return {}
    found = {}
    for name, entry in entries.items():
        try:
            found[str(name)] = model.model_validate(entry)
        except ValidationError as error:
            problems += [explain(document, (part, str(name)), details, model) for details in error.errors()]
    return found


def _unknown_part(document: Document, key: object) -> Problem:
    return _problem(document, (str(key),), f"unknown key{suggest(key, ('sources', 'datasets'))}")


def _problem(document: Document, path: KeyPath, message: str) -> Problem:
    return Problem(where=document.where(path), key=".".join(map(str, path)), message=message)
