"""The folder that a report's notebook is asked to tell of, wherever the notebook is opened."""

from __future__ import annotations

import sys
from pathlib import Path

from app.layout import PROJECT, BenchmarkFolder, SuiteFolder

__all__ = ["find_benchmark", "find_search", "find_suite"]


def find_benchmark(folder: str) -> BenchmarkFolder:
    """The benchmark in `folder`, seen from where the notebook runs or from the project's root.

    Raises:
        SystemExit: with code 0; there is none yet. One line says what to run first.
    """
    for place in _places(folder):
        if BenchmarkFolder(place).record.exists():
            return BenchmarkFolder(place)
    raise _nothing_yet(folder, "benchmark", f"python app.py --config {_config_of(folder)}")


def find_search(folder: str) -> BenchmarkFolder:
    """The benchmark in `folder` whose runs are the trials of a search, as `find_benchmark` finds one."""
    for place in _places(folder):
        if BenchmarkFolder(place).search.exists():
            return BenchmarkFolder(place)
    raise _nothing_yet(folder, "search", "python app.py sweep --config config/sweep.yaml")


def find_suite(folder: str) -> SuiteFolder:
    """The suite in `folder`, as `find_benchmark` finds a benchmark."""
    for place in _places(folder):
        if SuiteFolder(place).record.exists():
            return SuiteFolder(place)
    raise _nothing_yet(folder, "suite", f"python app.py --config {_config_of(folder)}")


def _places(folder: str) -> tuple[Path, Path]:
    return Path(folder), PROJECT / folder


def _config_of(folder: str) -> str:
    """The project's own configuration of that name, where it has one."""
    shipped = PROJECT / "config" / f"{Path(folder).name}.yaml"
    return str(shipped.relative_to(PROJECT)) if shipped.exists() else "FILE"


def _nothing_yet(folder: str, kind: str, command: str) -> SystemExit:
    sys.stdout.write(f"{folder}: no {kind} here yet; run `{command}` first, or name another folder in the parameters\n")
    return SystemExit(0)
