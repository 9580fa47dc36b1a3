"""A benchmark as it lies on disk: its plan, and the result of every run that has one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from app.errors import DataError
from app.integrity import find_damage
from app.layout import BenchmarkFolder
from app.results import DatasetRecord, Primary, RunResult, Status, read_results

__all__ = ["Entry", "PlannedRun", "Record", "read_benchmark"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class PlannedRun(_Part):
    """One run that the benchmark set out to make."""

    run_id: str
    architecture: str
    seed: int
    hyperparameters: Mapping[str, Any] = {}
    baseline: bool = False


class _Document(_Part):
    """`benchmark.json`, schema 1."""

    name: str
    config: Mapping[str, Any]
    dataset: DatasetRecord
    runs: tuple[PlannedRun, ...]
    written: datetime | None = None
    version: str = ""


@dataclass(frozen=True)
class Entry:
    """A planned run, and its result where it has one."""

    plan: PlannedRun
    result: RunResult | None
    damage: str | None = None  # why what lies there as its result is none

    @property
    def status(self) -> str:
        """`ok`, `failed`, `timeout`, `killed`, `stopped`, or `missing` where no whole result.json is there."""
        if self.result is None:
            return "missing"
        return "stopped" if self.result.was_stopped else self.result.status.value


@dataclass(frozen=True, kw_only=True)
class Record:
    """All that is known of a benchmark; entries are in the order of the plan."""

    folder: BenchmarkFolder
    name: str
    config: Mapping[str, Any]
    dataset: DatasetRecord
    entries: tuple[Entry, ...]
    written: datetime | None
    version: str

    @property
    def results(self) -> tuple[RunResult, ...]:
        """The results there are, complete and failed."""
        return tuple(entry.result for entry in self.entries if entry.result)

    @property
    def complete(self) -> tuple[RunResult, ...]:
        """The results of the runs that ended well."""
        return tuple(result for result in self.results if result.status is Status.OK)

    @property
    def planned(self) -> Mapping[str, int]:
        """How many runs were planned for each architecture, in the order of the plan."""
        counts: dict[str, int] = {}
        for entry in self.entries:
            counts[entry.plan.architecture] = counts.get(entry.plan.architecture, 0) + 1
        return counts

    @property
    def primary(self) -> Primary | None:
        """The figure that ranks, as the first run that has one gives it."""
        return next((result.primary for result in self.complete if result.primary), None)

    @property
    def ceiling(self) -> float | None:
        """The best score there is to reach, where one is known; it takes a run to compute it."""
        records = [self.dataset, *(result.dataset for result in self.complete if result.dataset)]
        return next((record.ceiling for record in records if record.ceiling is not None), None)

    @property
    def unfinished(self) -> tuple[Entry, ...]:
        """Every planned run that lacks its score: failed, timed out, killed or missing."""
        return tuple(entry for entry in self.entries if entry.status not in (Status.OK, "stopped"))

    @property
    def stopped(self) -> tuple[Entry, ...]:
        """The runs that a search ended early: they have no score, and are to have none."""
        return tuple(entry for entry in self.entries if entry.status == "stopped")

    @property
    def versions(self) -> Mapping[str, frozenset[str]]:
        """What the complete runs were made with: part -> the versions, of which there should be one."""
        found: dict[str, set[str]] = {}
        for result in self.complete:
            for name, value in result.environment:
                if value:
                    found.setdefault(name, set()).add(str(value))
        return {name: frozenset(values) for name, values in found.items()}


def read_benchmark(folder: BenchmarkFolder) -> Record:
    """Read `benchmark.json` and every `result.json` that it plans; nothing else is opened.

    Raises:
        DataError: there is no benchmark in `folder`, or its record is not whole.
    """
    try:
        data = json.loads(folder.record.read_bytes())
    except FileNotFoundError:
        remedy = "make one with `python app.py --config FILE`"
        raise DataError(f"{folder.path}: no benchmark here, {folder.record.name} is missing; {remedy}") from None
    except (OSError, ValueError) as error:
        raise DataError(f"{folder.record}: cannot be read ({error})") from None
    try:
        document = _Document.model_validate(data)
    except ValidationError as error:
        place = ".".join(map(str, error.errors()[0]["loc"]))
        raise DataError(f"{folder.record}: {place}: {error.errors()[0]['msg']}; run the benchmark again") from None
    paths = [folder.run(run.run_id).result for run in document.runs]
    results = read_results(paths)
    return Record(
        folder=folder,
        name=document.name,
        config=document.config,
        dataset=document.dataset,
        entries=tuple(
            Entry(run, result, find_damage(path, None) if result is None else None)
            for run, result, path in zip(document.runs, results, paths, strict=True)
        ),
        written=document.written,
        version=document.version,
    )
