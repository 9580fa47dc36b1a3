"""The report of a benchmark, or of a suite, from what the runs left on disk."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from app.layout import COMPARISON, REPORT, SEARCH, SUITE, BenchmarkFolder, SuiteFolder
from app.report.gather import Entry, Record, read_benchmark
from app.report.page.pages import render_page
from app.report.page.seal import digest_inputs, seal_report
from app.report.spreadsheet import as_csv
from app.report.suites import read_suite
from app.results import write_atomically

__all__ = ["Execute", "results_csv", "write_comparison", "write_report", "write_search_report", "write_suite_report"]

Execute = Callable[[Path, Path, Mapping[str, Any]], None]
"""Executes a template with parameters and leaves the executed notebook: (template, output, parameters)."""


def write_report(folder: BenchmarkFolder, *, execute: Execute) -> Path:
    """Write results.csv, report.ipynb and index.html into `folder`, from disk alone; returns the page.

    The page of an earlier report stays until the new one is whole. Beside them a seal says what they were made from.

    Args:
        folder: of a benchmark that has its record, whatever became of its runs.
        execute: how a notebook is executed here; it raises where one fails.

    Raises:
        DataError: there is no benchmark in `folder`.
        TemplateError: the report's notebook failed; the message says in which cell and why.
    """
    inputs = digest_inputs(folder)
    record = read_benchmark(folder)
    if folder.search.exists():
        write_search_report(folder, execute=execute)
    write_atomically(folder.table, results_csv(record))
    execute(REPORT, folder.notebook, {"folder": str(folder.path)})
    suite = SuiteFolder(folder.path.parent)
    home = "../index.html" if suite.record.exists() else None
    render_page(folder.notebook, folder.page, title=f"{record.name} · benchmark report", home=home, back="all tasks")
    seal_report(folder, inputs)
    return folder.page


def write_search_report(folder: BenchmarkFolder, *, execute: Execute) -> Path:
    """Write search.ipynb and search.html into `folder`, of a benchmark whose runs are trials; returns the page.

    Raises:
        TemplateError: the notebook failed; the message says in which cell and why.
    """
    execute(SEARCH, folder.search_notebook, {"folder": str(folder.path)})
    title = f"{folder.path.name} · search"
    render_page(folder.search_notebook, folder.search_page, title=title, home="index.html", back="the report")
    return folder.search_page


def write_comparison(folder: BenchmarkFolder, against: BenchmarkFolder, *, execute: Execute) -> Path:
    """Write comparison.ipynb, comparison.json and comparison.html into `folder`; returns the page.

    Args:
        folder: of the benchmark as it is now.
        against: of the one it is set against; nothing in it is touched.
        execute: how a notebook is executed here; it raises where one fails.

    Raises:
        DataError: there is no benchmark in one of them, or they do not compare.
        TemplateError: the notebook failed; the message says in which cell and why.
    """
    from app.report.statistics.changes import find_changes  # scipy comes with it, which no other page needs here

    find_changes(read_benchmark(against), read_benchmark(folder))  # what does not compare is said here, and plainly
    execute(COMPARISON, folder.changes_notebook, {"folder": str(folder.path), "against": str(against.path)})
    title = f"{folder.path.name} against {against.path.name}"
    render_page(folder.changes_notebook, folder.changes_page, title=title, home="index.html", back="the benchmark")
    return folder.changes_page


def write_suite_report(folder: SuiteFolder, *, execute: Execute) -> Path:
    """Write results.csv, report.ipynb and index.html of a suite from disk alone; returns the page.

    Args:
        folder: of a suite that has its record; its members' own reports are not touched.
        execute: how a notebook is executed here; it raises where one fails.

    Raises:
        DataError: there is no suite in `folder`.
        TemplateError: the report's notebook failed; the message says in which cell and why.
    """
    inputs = digest_inputs(folder)
    suite = read_suite(folder)
    write_atomically(folder.table, _as_csv([(member.name, member.record) for member in suite.members if member.record]))
    execute(SUITE, folder.notebook, {"folder": str(folder.path)})
    render_page(folder.notebook, folder.page, title=f"{suite.name} · suite report", home=None)
    seal_report(folder, inputs)
    return folder.page


def results_csv(record: Record) -> str:
    """One line per planned run, also without a result; empty cells where there is no value."""
    return _as_csv([("", record)])


def _as_csv(records: Sequence[tuple[str, Record]]) -> str:
    """The runs of each record; where these are members of a suite, each line begins with the member's name."""
    entries = [(name, entry) for name, record in records for entry in record.entries]
    results = [entry.result for _, entry in entries if entry.result]
    members = ["member"] if any(name for name, _ in records) else []
    hyperparameters = dict.fromkeys(f"hyperparameters.{n}" for _, entry in entries for n in entry.plan.hyperparameters)
    metrics = dict.fromkeys(
        f"{split}.{name}" for result in results for split, values in result.metrics.items() for name in values
    )
    columns = [*members, *COLUMNS, *hyperparameters, *metrics, *COSTS]
    return as_csv(columns, ({"member": name, **_line(entry)} if members else _line(entry) for name, entry in entries))


def _line(entry: Entry) -> dict[str, object]:
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
            "divergent": result.divergent or "",
            "started": result.started.isoformat(),
            "seconds": result.seconds,
        }
        line |= {f"{split}.{name}": v for split, values in result.metrics.items() for name, v in values.items()}
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
    return line


COLUMNS = (
    *("run_id", "status", "architecture", "family", "seed", "metric", "split", "value"),
    *("started", "seconds", "divergent", "error", "message"),
)
COSTS = (
    "parameters",
    "model_bytes",
    "train_seconds",
    "train_samples_per_second",
    "training_energy_joules",
    "flops_per_example",
    "peak_memory_bytes",
    "exclusive",
    "training_exclusive",
)
