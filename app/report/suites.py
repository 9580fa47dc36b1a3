"""A suite as it lies on disk: which benchmarks it has, what of each counts, and the results of every run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from app.errors import DataError
from app.layout import SuiteFolder
from app.report.gather import Record, read_benchmark
from app.tasks import direction

__all__ = ["SuiteMember", "SuiteRecord", "read_suite"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Listed(_Part):
    name: str
    metrics: tuple[str, ...]
    config: Mapping[str, Any] = {}


class _Document(_Part):
    """`suite.json`, schema 1."""

    name: str
    description: str = ""
    members: tuple[_Listed, ...]
    written: datetime | None = None
    version: str = ""


@dataclass(frozen=True)
class SuiteMember:
    """One benchmark of a suite; its record is None while it has not been begun."""

    name: str
    metrics: tuple[str, ...]  # that count: METRIC of the reported split, or SPLIT.METRIC
    architectures: tuple[str, ...]  # as configured
    record: Record | None

    @property
    def smaller_is_better(self) -> bool:
        """Whether one of the metrics that count is the better the smaller it is: then it goes into no average."""
        return any(direction(metric.rpartition(".")[2]) == "min" for metric in self.metrics)


@dataclass(frozen=True, kw_only=True)
class SuiteRecord:
    """All that is known of a suite; members are in the order of its file."""

    folder: SuiteFolder
    name: str
    description: str
    members: tuple[SuiteMember, ...]
    written: datetime | None
    version: str

    @property
    def records(self) -> tuple[Record, ...]:
        """The records of the members that have been begun."""
        return tuple(member.record for member in self.members if member.record)

    @property
    def architectures(self) -> tuple[str, ...]:
        """Every architecture that some member has, in the order in which they first occur."""
        planned = (name for member in self.members for name in (*member.architectures, *_planned(member)))
        return tuple(dict.fromkeys(planned))


def _planned(member: SuiteMember) -> tuple[str, ...]:
    return tuple(member.record.planned) if member.record else ()


def read_suite(folder: SuiteFolder) -> SuiteRecord:
    """Read `suite.json` and every member that has been begun.

    Raises:
        DataError: there is no suite in `folder`, or a record in it is not whole.
    """
    try:
        document = _Document.model_validate(json.loads(folder.record.read_bytes()))
    except FileNotFoundError:
        remedy = "make one with `python app.py --config FILE`"
        raise DataError(f"{folder.path}: no suite here, {folder.record.name} is missing; {remedy}") from None
    except ValidationError as error:
        place = ".".join(map(str, error.errors()[0]["loc"]))
        raise DataError(f"{folder.record}: {place}: {error.errors()[0]['msg']}; run the suite again") from None
    except (OSError, ValueError) as error:
        raise DataError(f"{folder.record}: cannot be read ({error})") from None
    members = []
    for listed in document.members:
        member = folder.member(listed.name)
        names = tuple(str(item["name"]) for item in listed.config.get("architectures", ()))
        record = read_benchmark(member) if member.record.exists() else None
        members.append(SuiteMember(listed.name, listed.metrics, names, record))
    return SuiteRecord(
        folder=folder,
        name=document.name,
        description=document.description,
        members=tuple(members),
        written=document.written,
        version=document.version,
    )
