"""The record of a look: `drift.json`, sealed, for whoever acts on it without reading a page."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from app.checksums import DamagedError, seal_document, unseal_document
from app.errors import StoreError
from app.report.page.wording import counted, listing
from app.results import write_atomically
from app.serving.drift.checks import ALPHA, Check, Verdict
from app.serving.drift.look import Look

__all__ = ["DriftRecord", "read_drift", "summarise", "write_drift"]


class CheckRecord(BaseModel):
    """One check, as `checks.Check` has it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str
    group: str
    is_drift: bool
    measure: str
    effect: float
    least: float
    p_value: float
    adjusted: float
    before: str
    now: str


class DriftRecord(BaseModel):
    """What one look has found."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    schema_version: Literal[1] = 1
    name: str  # of the model
    version: int  # of its package; 0 where it is of no registry
    made: datetime
    verdict: Verdict
    alpha: float
    requests: int
    first: str | None  # when they were answered, ISO 8601 in UTC
    last: str | None
    labelled: int  # of them, by feedback
    reference: int  # rows
    checks: tuple[CheckRecord, ...]
    left_out: tuple[tuple[str, str], ...]  # checks that were not made, and why
    new_words: tuple[str, ...] = ()
    old_words: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """The answer, as the page and the command line give it."""
        asked = f"the last {counted(self.requests, 'request')}"
        if self.verdict is Verdict.TOO_FEW:
            of = f" on version {self.version}" if self.version else ""
            return f"No verdict yet{of}: {self.left_out[0][1]}."
        if self.verdict is Verdict.NONE:
            return f"No drift in {asked}."
        return f"Drift in {asked}: {listing([check.name for check in self.checks if check.is_drift])}."


def summarise(look: Look) -> DriftRecord:
    """The record of `look`."""
    found, served = look.findings, look.served
    return DriftRecord(
        name=look.manifest.name,
        version=look.version,
        made=datetime.now(UTC),
        verdict=found.verdict,
        alpha=ALPHA,
        requests=len(served),
        first=served.times[0] if served.times else None,
        last=served.times[-1] if served.times else None,
        labelled=sum(label is not None for label in served.labels),
        reference=len(look.reference),
        checks=tuple(_record(check) for check in found.checks),
        left_out=found.left_out,
        new_words=found.new_words,
        old_words=found.old_words,
    )


def write_drift(path: Path, record: DriftRecord) -> None:
    """Write `record` atomically, with a checksum over it."""
    document = record.model_dump(mode="json")
    write_atomically(path, seal_document({"schema": document.pop("schema_version"), **document}))


def read_drift(path: Path) -> DriftRecord:
    """The record at `path`.

    Raises:
        StoreError: there is none, it was altered, or it is of another schema.
    """
    remedy = "make it anew with `python app.py monitor`"
    try:
        document = unseal_document(path.read_bytes())
        document["schema_version"] = document.pop("schema")
        return DriftRecord.model_validate(document)
    except OSError as error:
        raise StoreError(f"{path}: cannot be read ({error.strerror}); {remedy}") from None
    except DamagedError as error:
        raise StoreError(f"{path}: {error}; {remedy}") from None
    except (KeyError, ValidationError):
        raise StoreError(f"{path}: is no record of drift of this schema; {remedy}") from None


def _record(check: Check) -> CheckRecord:
    return CheckRecord(**vars(check), is_drift=check.is_drift)
