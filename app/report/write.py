"""The report of a benchmark, from what its runs left on disk."""

from __future__ import annotations

import csv
import io
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jupytext
import nbformat
import papermill
from nbformat import NotebookNode
from papermill.exceptions import PapermillExecutionError

from app.errors import TemplateError
from app.layout import NOTEBOOKS, PROJECT, BenchmarkFolder
from app.report.gather import Record, read_benchmark
from app.report.pages import render_page
from app.results import write_atomically

__all__ = ["write_report"]

TEMPLATE = NOTEBOOKS / "report.py"


def write_report(folder: BenchmarkFolder) -> Path:
    """Write results.csv, report.ipynb and index.html into `folder`, from disk alone; returns the page.

    Raises:
        DataError: there is no benchmark in `folder`.
        TemplateError: the report's notebook failed; the message says in which cell and why.
    """
    record = read_benchmark(folder)
    write_atomically(folder.table, results_csv(record))
    executed = execute_notebook(TEMPLATE, {"folder": _seen_from_project(folder.path)})
    write_atomically(folder.notebook, nbformat.writes(executed))  # type: ignore[no-untyped-call]
    render_page(folder.notebook, folder.page, title=f"{record.name} · benchmark report", home=None)
    return folder.page


def results_csv(record: Record) -> str:
    """One line per planned run, also without a result; empty cells where there is no value."""
    hyperparameters = dict.fromkeys(
        f"hyperparameters.{n}" for e in record.entries for n in e.plan.hyperparameters
    )
    metrics = dict.fromkeys(
        f"{split}.{name}"
        for result in record.results
        for split, values in result.metrics.items()
        for name in values
    )
    columns = [*COLUMNS, *hyperparameters, *metrics, *COSTS]
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, columns, lineterminator="\n")
    writer.writeheader()
    for entry in record.entries:
        plan, result = entry.plan, entry.result
        line: dict[str, object] = {
            "run_id": plan.run_id,
            "status": entry.status,
            "architecture": plan.architecture,
            "seed": plan.seed,
            **{f"hyperparameters.{name}": value for name, value in plan.hyperparameters.items()},
        }
        if result:
            line |= {
                "family": result.family,
                "started": result.started.isoformat(),
                "seconds": result.seconds,
            }
            line |= {
                f"{split}.{name}": v for split, values in result.metrics.items() for name, v in values.items()
            }
        if result and result.error:
            line |= {"error": result.error.kind, "message": result.error.message}
        if result and result.primary:
            line |= {
                "metric": result.primary.name,
                "split": result.primary.split,
                "value": result.primary.value,
            }
        if result and result.cost:
            line |= {name: getattr(result.cost, name) for name in COSTS}
        writer.writerow({name: _as_text(value) for name, value in line.items()})
    return buffer.getvalue()


COLUMNS = (
    *("run_id", "status", "architecture", "family", "seed", "metric", "split", "value"),
    *("started", "seconds", "error", "message"),
)
COSTS = ("parameters", "train_seconds", "train_samples_per_second", "peak_memory_bytes", "exclusive")


def execute_notebook(template: Path, parameters: Mapping[str, Any]) -> NotebookNode:
    """The template, executed in a kernel of its own that starts in the project's folder.

    Raises:
        TemplateError: a cell failed.
    """
    logging.getLogger("papermill").setLevel(logging.ERROR)
    try:
        executed: NotebookNode = papermill.execute_notebook(
            jupytext.read(template),
            None,
            parameters=dict(parameters),
            kernel_name="python3",
            language="python",
            progress_bar=False,
            cwd=PROJECT,
        )
        return executed
    except PapermillExecutionError as error:
        raise TemplateError(f"{template}: cell {error.cell_index}: {error.ename}: {error.evalue}") from error


def _seen_from_project(path: Path) -> str:
    absolute = path.resolve()
    return str(absolute.relative_to(PROJECT)) if absolute.is_relative_to(PROJECT) else str(absolute)


def _as_text(value: object) -> object:
    # a spreadsheet takes a text that begins like this for a formula
    return (
        f"'{value}"
        if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r"))
        else value
    )
