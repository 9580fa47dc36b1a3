"""The page of a look at what was served, from the notebook that takes it."""

from __future__ import annotations

from app.layout import DRIFT, ServedFolder
from app.report.page.pages import render_page
from app.report.write import Execute
from app.serving.drift.record import DriftRecord, read_drift
from app.serving.drift.rows import read_reference
from app.serving.registry.registry import Version
from app.serving.store.store import Store

__all__ = ["write_drift_report"]


def write_drift_report(model: Version, served: ServedFolder, *, last: int, since: str, execute: Execute) -> DriftRecord:
    """Write drift.ipynb, drift.json and drift.html into `served`; returns the record.

    Args:
        model: that answered; where it is of no registry its number is 0, and requests of any version are looked at.
        served: where its requests are kept.
        last: so many of them at most.
        since: those of that moment or later alone, ISO 8601 in UTC; empty: of any time.
        execute: how a notebook is executed here; it raises where one fails.

    Raises:
        PackageError: the package has no reference.
        StoreError: the store is torn.
        TemplateError: the notebook failed; the message says in which cell and why.
    """
    read_reference(model.folder)  # what is wrong with the inputs is said here, and plainly
    Store(served.store).read(last=1)
    parameters = {
        "package": str(model.folder.path),
        "served": str(served.path),
        "version": model.number,
        "last": last,
        "since": since,
    }
    execute(DRIFT, served.notebook, parameters)
    render_page(served.notebook, served.page, title=f"{model.name} · drift", home=None)
    return read_drift(served.record)
