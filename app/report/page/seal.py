"""What a report was made from: while none of it has changed, the report need not be made again."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from app import __version__
from app.layout import ARCHITECTURES, PROJECT, REFERENCES, REPORT, SEARCH, SUITE, BenchmarkFolder, SuiteFolder
from app.results import write_atomically

__all__ = ["digest_inputs", "is_current", "seal_report"]

_PACKAGES = (
    "jupytext",
    "markupsafe",
    "matplotlib",
    "nbconvert",
    "numpy",
    "papermill",
    "pyarrow",
    "pygments",
    "scikit-learn",
)


def digest_inputs(folder: BenchmarkFolder | SuiteFolder) -> str:
    """A digest of all that the report in `folder` is made from.

    That is the record and every result byte by byte; of the examples, and of each run's predictions, history and page,
    which are written before the result or made from it, name, size and time; and the report's own code, template and
    packages. Of a suite, its record and all that the reports in its folder are made from.
    """
    if isinstance(folder, SuiteFolder):
        return _digest_suite(folder)
    digest = hashlib.sha256(_code().encode())
    digest.update(_content(folder.record))
    digest.update(_content(folder.search))
    digest.update(str(_marks(folder.examples)).encode())
    try:
        names = sorted(entry.name for entry in os.scandir(folder.runs))
    except OSError:
        names = []
    for name in names:
        run = folder.run(name)
        content = _content(run.result)
        digest.update(f"\n{name} {len(content)} {_marks(run.predictions, run.history, run.page)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def _digest_suite(folder: SuiteFolder) -> str:
    digest = hashlib.sha256(_code().encode())
    digest.update(_content(folder.record))
    for record in sorted(folder.path.glob("*/benchmark.json")):
        digest.update(f"\n{record.parent.name} {digest_inputs(BenchmarkFolder(record.parent))}\n".encode())
    return digest.hexdigest()


def is_current(folder: BenchmarkFolder | SuiteFolder) -> bool:
    """Whether the report in `folder` is whole, as it was made, and made from what is there now."""
    try:
        seal = json.loads(folder.seal.read_bytes())
    except (OSError, ValueError):
        return False
    return bool(seal == {"inputs": digest_inputs(folder), "outputs": _outputs(folder)} and folder.page.is_file())


def seal_report(folder: BenchmarkFolder | SuiteFolder, inputs: str) -> None:
    """Say of the report that has just been made that it was made from `inputs`, a digest taken before."""
    seal = {"inputs": inputs, "outputs": _outputs(folder)}
    write_atomically(folder.seal, json.dumps(seal, indent=2) + "\n")


def _outputs(folder: BenchmarkFolder | SuiteFolder) -> dict[str, str]:
    parts = [folder.page, folder.notebook, folder.table]
    if isinstance(folder, BenchmarkFolder):
        parts += [folder.leaderboard, folder.leaderboard_document]
        parts += [folder.search_page] if folder.search.exists() else []
    return {part.name: hashlib.sha256(_content(part)).hexdigest() for part in parts}


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _marks(*paths: Path) -> list[tuple[int, int]]:
    """Size and time of change of files, (-1, 0) of one that is absent."""
    marks = []
    for path in paths:
        try:
            state = path.stat()
            marks.append((state.st_size, state.st_mtime_ns))
        except OSError:
            marks.append((-1, 0))
    return marks


@cache
def _code() -> str:
    """A digest of the report's code: by the rule of imports its own room and the modules beside it; and its tables."""
    digest = hashlib.sha256(f"{__version__} {sys.version}".encode())
    for package in _PACKAGES:
        try:
            digest.update(f"{package} {version(package)}\n".encode())
        except PackageNotFoundError:
            digest.update(f"{package} absent\n".encode())
    room = (path for path in (PROJECT / "app" / "report").rglob("*") if path.suffix not in ("", ".pyc"))
    for path in sorted({*room, *(PROJECT / "app").glob("*.py"), REPORT, SUITE, SEARCH}):
        digest.update(str(path.relative_to(PROJECT)).encode() + b"\0" + _content(path))
    for table in (ARCHITECTURES, REFERENCES):
        digest.update(table.name.encode() + b"\0" + _content(table))
    return digest.hexdigest()
