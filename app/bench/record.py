"""`benchmark.json` and `suite.json`: resolved configuration and plan, written before the first run."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from app import __version__
from app.bench.plan import Run
from app.config import Benchmark
from app.errors import OutputError
from app.layout import BenchmarkFolder, SuiteFolder
from app.results import DatasetRecord, write_atomically
from app.suite import Suite

__all__ = ["write_record", "write_suite"]


def write_record(
    folder: BenchmarkFolder, benchmark: Benchmark, dataset: DatasetRecord, runs: Sequence[Run], *, keep: bool
) -> None:
    """Write what the report needs to know of the benchmark beside its results.

    Args:
        folder: where.
        benchmark: the resolved configuration.
        dataset: the data it is about.
        runs: the plan.
        keep: add to the plan that stands there rather than replace it, as an agent does that brings a run at a time.

    Raises:
        OutputError: the folder cannot be written, or holds a suite.
    """
    if SuiteFolder(folder.path).record.exists():
        raise OutputError(f"{folder.path}: holds a suite of this name; give the benchmark another")
    planned = [
        {
            "run_id": run.run_id,
            "architecture": run.architecture.name,
            "seed": run.seed,
            "hyperparameters": dict(run.hyperparameters),
            "baseline": run.architecture.is_baseline,
        }
        for run in runs
    ]
    if keep:
        known = {run["run_id"] for run in planned}
        planned = [run for run in _earlier_plan(folder, dataset) if run["run_id"] not in known] + planned
    document = {
        "schema": 1,
        "name": benchmark.name,
        "version": __version__,
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
        "config": benchmark.model_dump(mode="json"),
        "dataset": dataset.model_dump(mode="json"),
    }
    text = _as_text(document, planned)
    try:
        folder.runs.mkdir(parents=True, exist_ok=True)
        if not os.access(folder.runs, os.W_OK | os.X_OK):
            raise PermissionError(13, "Permission denied")
        if not _says_the_same(folder.record, text):
            write_atomically(folder.record, text)
    except OSError as error:
        remedy = "make it writable, or run from another folder"
        raise OutputError(f"{folder.path}: cannot be written ({error.strerror}); {remedy}") from None


def write_suite(folder: SuiteFolder, suite: Suite) -> None:
    """Write which benchmarks the suite has, and what of each counts in its average.

    Raises:
        OutputError: the folder cannot be written, or holds a benchmark.
    """
    if BenchmarkFolder(folder.path).record.exists():
        raise OutputError(f"{folder.path}: holds a benchmark of this name; give the suite another")
    document = {
        "schema": 1,
        "name": suite.name,
        "description": suite.description,
        "version": __version__,
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
        "members": [
            {
                "name": member.benchmark.name,
                "file": str(member.file),
                "metrics": list(member.metrics),
                "config": member.benchmark.model_dump(mode="json"),
            }
            for member in suite.members
        ],
    }
    text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    if _says_the_same(folder.record, text):
        return
    try:
        write_atomically(folder.record, text)
    except OSError as error:
        raise OutputError(f"{folder.path}: cannot be written ({error.strerror}); make it writable") from None


def _as_text(document: Mapping[str, object], planned: Sequence[Mapping[str, object]]) -> str:
    """JSON with a line a run: at 10,000 of them a tenth of the time that indented JSON takes."""
    head = json.dumps(document, indent=2, ensure_ascii=False).removesuffix("\n}")
    encode = json.JSONEncoder(ensure_ascii=False).encode
    lines = ",\n    ".join(encode(run) for run in planned)
    return f'{head},\n  "runs": [\n    {lines}\n  ]\n}}\n'


def _says_the_same(record: Path, text: str) -> bool:
    """Whether the record that stands there differs in nothing but its date: then that is when it was written."""
    try:
        there = record.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return False
    return _DATE.sub("", there, count=1) == _DATE.sub("", text, count=1)


_DATE = re.compile(r'^  "written": .*\n', re.MULTILINE)


def _earlier_plan(folder: BenchmarkFolder, dataset: DatasetRecord) -> list[dict[str, object]]:
    try:
        earlier = json.loads(folder.record.read_bytes())
        return list(earlier["runs"]) if earlier["dataset"]["fingerprint"] == dataset.fingerprint else []
    except (OSError, ValueError, KeyError, TypeError):
        return []
