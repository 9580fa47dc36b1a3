"""The record of rounds: what each was begun for, and what each of its steps has come to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from app.checksums import DamagedError, seal_document, unseal_document
from app.errors import DataError
from app.results import write_atomically

__all__ = ["HOME", "Inputs", "Round", "RoundFolder", "read_rounds", "write_round"]


HOME = Path("lifecycle")  # below the folder the command runs in


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Inputs(_Record):
    """What a round is made from: the next one is due when this changes."""

    data: str  # fingerprint of the benchmark's own data
    code: str  # digest of the template and of what it calls
    feedback: str = ""  # fingerprint of what people have labelled
    labelled: int = 0  # rows of that
    served: str = ""  # the time of the last request that was looked at for drift, ISO 8601 in UTC


class Round(_Record):
    """One round, as far as it has come."""

    schema_version: Literal[1] = 1
    number: int
    began: datetime
    reasons: tuple[str, ...]  # in words
    inputs: Inputs
    splits: Mapping[str, str] = {}  # split -> file, of old data and new; empty: the benchmark's own data
    counts: Mapping[str, int] = {}  # of the rows that were added, held out, corrected, left out
    benchmark: str | None = None  # the folder of its runs and report
    version: int | None = None  # that was packaged
    promoted: bool | None = None
    verdict: str = ""  # why, in words
    served_version: int | None = None  # what the server said that it serves, where one was named
    finished: datetime | None = None


@dataclass(frozen=True)
class RoundFolder:
    """`lifecycle/<name>/<number>/`: what a round leaves beside its benchmark, package and registry."""

    path: Path

    @property
    def record(self) -> Path:
        return self.path / "round.json"

    @property
    def data(self) -> Path:
        return self.path / "data"

    @property
    def notebook(self) -> Path:
        return self.path / "round.ipynb"

    @property
    def page(self) -> Path:
        return self.path / "round.html"

    @property
    def promotion(self) -> Path:
        return self.path / "promotion.ipynb"

    @property
    def promotion_page(self) -> Path:
        return self.path / "promotion.html"

    @classmethod
    def of(cls, name: str, number: int) -> RoundFolder:
        """Of the round of the benchmark called `name`, below the folder the command runs in."""
        return cls(HOME / name / str(number))


def write_round(folder: RoundFolder, found: Round) -> Round:
    """Write how far the round has come; what stood there before is whole until then."""
    document = found.model_dump(mode="json")
    document = {"schema": document.pop("schema_version"), **document}
    write_atomically(folder.record, seal_document(document))
    return found


def read_rounds(name: str) -> list[Round]:
    """Every round of the benchmark called `name`, in order.

    Raises:
        DataError: a record is torn or was altered.
    """
    home = HOME / name
    numbers = sorted(int(path.name) for path in home.glob("*") if path.name.isdecimal()) if home.is_dir() else []
    return [found for number in numbers if (found := _read(RoundFolder.of(name, number))) is not None]


def _read(folder: RoundFolder) -> Round | None:
    try:
        document = unseal_document(folder.record.read_bytes())
        document["schema_version"] = document.pop("schema")
        return Round.model_validate(document)
    except FileNotFoundError:  # it was begun, and ended before it had anything to say
        return None
    except (DamagedError, KeyError, ValidationError) as error:
        reason = error if isinstance(error, DamagedError) else "it is no record of a round"
        raise DataError(f"{folder.record}: {reason}; delete the folder {folder.path} to do that round again") from None
