"""What was measured, as `benchmarks/results/<machine>.json` keeps it."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.results import write_atomically

__all__ = ["Entry", "Line", "Machine", "Record", "Section", "Spread", "read_record", "write_record"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Machine(_Frozen):
    """Where it was measured."""

    cpu: str
    cores: int  # that this process may use
    memory_bytes: int
    gpu: str | None
    bf16_in_hardware: bool
    system: str
    versions: Mapping[str, str]
    matrix_flops: Mapping[str, float]  # precision -> floating-point operations a second of a large matrix product

    @property
    def name(self) -> str:
        """A name for a file: `intel-xeon-2-cores`."""
        words = f"{self.gpu or self.cpu} {self.cores} cores".lower()
        kept = "".join(letter if letter.isalnum() or letter == "." else " " for letter in words).split()
        return "-".join(word for word in kept if word not in ("r", "tm", "cpu", "processor"))


class Spread(_Frozen):
    """The middle of several rounds, and the rounds furthest from it."""

    median: float
    low: float
    high: float


class Entry(_Frozen):
    """One competitor in one line: a value a round."""

    who: str
    values: tuple[float, ...] = Field(min_length=1)
    peak_memory_bytes: int | None = None  # the largest process, in the round where it was largest
    precision: str | None = None
    share_of_limit: float | None = None  # of the machine's matrix product in that precision; padding does not count
    target: float | None = None  # what the value is to stay under, where the project has set itself one

    @property
    def spread(self) -> Spread:
        return _spread(self.values)


class Line(_Frozen):
    """One thing that was measured, for this project first and then for what it is compared with."""

    name: str
    unit: Literal["s", "ms", "rows/s", "%", "kB", "MiB"]
    entries: tuple[Entry, ...] = Field(min_length=1)

    def advantage(self, other: Entry) -> Spread:
        """How many times faster the first entry is than `other`, round by round."""
        own = self.entries[0].values
        pairs = zip(own, other.values, strict=True)
        ratios = [(mine / theirs if self.unit == "rows/s" else theirs / mine) for mine, theirs in pairs]
        return _spread(tuple(ratios))


class Section(_Frozen):
    """The lines of one kind, measured together."""

    measured: datetime
    revision: str  # of git; with a + where files were changed
    quick: bool
    repeats: int
    load: float  # cores that other programs took just before
    note: str = ""  # what else a reader has to know of the conditions
    lines: tuple[Line, ...]


class Record(_Frozen):
    """All that is known of one machine. A section measured anew replaces the one before."""

    schema_version: Literal[1] = Field(1, alias="schema")
    machine: Machine
    sections: Mapping[str, Section] = {}


def read_record(path: Path) -> Record | None:
    """The record at `path`; None where there is none of this schema."""
    try:
        return Record.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None


def write_record(record: Record, path: Path) -> None:
    """Write `record`, whole or not at all."""
    write_atomically(path, record.model_dump_json(indent=1, by_alias=True) + "\n")


def _spread(values: tuple[float, ...]) -> Spread:
    return Spread(median=statistics.median(values), low=min(values), high=max(values))
