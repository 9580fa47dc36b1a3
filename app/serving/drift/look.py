"""A look at what was served of late: a package's reference, the requests since, and what came of comparing them."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from app.layout import PROJECT, PackageFolder, ServedFolder
from app.serving.drift.checks import Findings, find_drift
from app.serving.drift.rows import Rows, gather_served, read_reference
from app.serving.package.manifest import Manifest, read_manifest
from app.serving.store.store import Store

__all__ = ["LAST", "Look", "find_folders", "take_look"]

LAST = 1_000  # requests that are looked at, unless another number is given


@dataclass(frozen=True, eq=False)
class Look:
    """What was compared, and what was found."""

    manifest: Manifest
    version: int  # of the package in its registry; 0 where it is of none
    reference: Rows
    served: Rows
    findings: Findings


def find_folders(package: str, served: str) -> tuple[PackageFolder, ServedFolder]:
    """The package and what was served, seen from where a notebook runs or from the project's root.

    Raises:
        SystemExit: with code 0; there is nothing yet. One line says what to run first.
    """
    for root in (Path(), PROJECT):
        folder, kept = PackageFolder(root / package), ServedFolder(root / served)
        if folder.manifest.exists() and kept.store.exists():
            return folder, kept
    sys.stdout.write(f"{served}: nothing was served here yet; run `python app.py serve` first, or name other folders\n")
    raise SystemExit(0)


def take_look(
    package: PackageFolder, served: ServedFolder, *, version: int = 0, last: int = LAST, since: str = ""
) -> Look:
    """Compare the last requests with the reference of the package.

    Args:
        package: that they are compared with.
        served: where they are kept.
        version: of the package in its registry: requests that another version answered are left out; 0: none is.
        last: so many of them at most.
        since: those of that moment or later alone, ISO 8601 in UTC; empty: of any time.

    Raises:
        PackageError: the package has no reference, or cannot be read.
        StoreError: the store is torn, or of another schema.
    """
    manifest = read_manifest(package)
    rows = Store(served.store).read(since=since or None, last=last, version=version or None)
    reference, asked = read_reference(package), gather_served(rows)
    return Look(manifest, version, reference, asked, find_drift(reference, asked, kind=manifest.kind))
