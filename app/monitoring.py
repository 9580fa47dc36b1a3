"""The watch for drift as a command: which model and which requests, the notebook that looks at them, its page."""

from __future__ import annotations

import functools
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from app.errors import OutputError, StoreError, UsageError
from app.layout import PackageFolder, ServedFolder

if TYPE_CHECKING:
    from app.serving.drift.record import DriftRecord
    from app.serving.registry.registry import Version

__all__ = ["find_model", "find_served", "read_since", "watch_drift"]


def find_model(reference: str, registry: str) -> Version:
    """The package that `--model` means: a folder with a manifest, as version 0, or one of the registry.

    Raises:
        PackageError: a file of it is not what was packaged.
        RegistryError: the registry has no such model.
    """
    from app.serving.package.manifest import verify_package
    from app.serving.registry.registry import Registry, Version

    folder = PackageFolder(Path(reference))
    if folder.manifest.exists():
        return Version(verify_package(folder).name, 0, folder, None)
    found = Registry(registry).find(reference)
    verify_package(found.folder)
    return found


def find_served(root: Path, name: str) -> ServedFolder:
    """Where the requests of a model are kept.

    Raises:
        StoreError: nothing was served under that name, or what is there is no store.
    """
    from app.serving.store.store import Store

    served = ServedFolder(root / name)
    if not served.store.exists():
        remedy = "serve the model first with `python app.py serve`, or name the folder by --served"
        raise StoreError(f"{served.store}: there is none, so nothing was served; {remedy}")
    Store(served.store)
    return served


def read_since(words: str | None) -> str:
    """A moment as the store has it, ISO 8601 in UTC; empty for none. One without a zone is taken as UTC.

    Raises:
        UsageError: it is no moment.
    """
    if words is None:
        return ""
    try:
        moment = datetime.fromisoformat(re.sub("[zZ]$", "+00:00", words))
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
    except (ValueError, OverflowError):
        raise UsageError(f"--since {words}: is no moment; write it as 2026-01-31 or 2026-01-31T12:00:00Z") from None


def watch_drift(model: Version, served: ServedFolder, *, last: int, since: str) -> DriftRecord:
    """Write drift.ipynb, drift.json and drift.html into `served`; returns the record. Others wait meanwhile.

    Raises:
        PackageError: the package has no reference.
        StoreError: the store is torn.
        OutputError: the folder cannot be written.
        TemplateError: the notebook failed; the message says in which cell and why.
    """
    from app.bench.kernels import open_report_parent
    from app.bench.lock import take_turns
    from app.bench.notebooks import execute_or_raise
    from app.serving.drift.write import write_drift_report

    with open_report_parent() as parent:
        execute = functools.partial(execute_or_raise, parent=parent)
        try:
            with take_turns(served.lock):
                return write_drift_report(model, served, last=last, since=since, execute=execute)
        except OSError as error:
            reason = error.strerror or error
            raise OutputError(f"{served.path}: cannot be written ({reason}); make it writable, or make room") from None
