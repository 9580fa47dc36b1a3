"""The graphs that a package is chosen from, each asked about the whole reported split."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from app.lab.exclusive import machine_alone
from app.lab.tasks import task_of
from app.layout import PackageFolder
from app.report.page.wording import duration, memory, score
from app.serving.engine.engine import Engine
from app.serving.package.drafts import export_draft, quantise_draft
from app.serving.package.manifest import PackageTiming, Parity
from app.serving.package.parity import check_parity, measure_parity
from app.serving.package.precision import SHORT, Verdict, choose_precision, time_engines
from app.serving.package.prediction import Raw, ask_package, predictions_table, read_outputs, rows_of
from app.serving.package.subject import Subject
from app.tasks import CAUSAL

__all__ = ["Graph", "Graphs", "Measured", "make_graphs", "measure_graphs"]


@dataclass(frozen=True, eq=False)
class Graph:
    """A graph of the model, and what it says of the reported split."""

    folder: PackageFolder
    engine: Engine
    raw: Raw
    score: float
    parity: Parity


@dataclass(frozen=True, eq=False)
class Graphs:
    """The model in fp32, and in int8 where that can be had."""

    fp32: Graph
    int8: Graph | None
    note: str  # how int8 was made, or why not

    def describe(self) -> pd.DataFrame:
        """Size, score, and how far each says what the run has said."""
        rows = {"fp32": self.fp32} | ({"int8": self.int8} if self.int8 else {})
        return pd.DataFrame(
            {
                name: {
                    "size": memory(graph.engine.manifest.size_bytes),
                    graph.engine.manifest.score.metric: score(graph.score),
                    "same prediction as the run": f"{graph.parity.agreement:.2%}",
                    "largest difference": f"{graph.parity.largest_difference:.2g}",
                }
                for name, graph in rows.items()
            }
        ).T


@dataclass(frozen=True, eq=False)
class Measured:
    """How fast the graphs are, and which of them is packaged."""

    timings: tuple[PackageTiming, ...]
    verdict: Verdict
    chosen: Graph
    alone: bool  # nothing else of this project was at work meanwhile, as far as is known

    def sentence(self) -> str:
        """Which precision, why, and whether the machine was there for the timings alone."""
        busy = "" if self.alone else " Other work may have been done beside the timings."
        return f"Packaged in {self.chosen.engine.manifest.precision}: {self.verdict.reason}.{busy}"

    def describe(self) -> pd.DataFrame:
        """A line a timing."""
        return pd.DataFrame(
            [
                {
                    "graph": timing.precision,
                    "tokens": timing.sequence_length,
                    "median of one row": duration(timing.p50_seconds),
                    "threads": timing.threads,
                }
                for timing in self.timings
            ]
        )


def make_graphs(subject: Subject, workshop: Path) -> Graphs:
    """Export the model, check that it still says what the run has said, and quantise it.

    Raises:
        PackageError: torch cannot export it, or the graph says something else.
    """
    kind, precision = subject.examples.kind, subject.run.environment.precision
    fp32 = _ask(subject, export_draft(subject, workshop / "fp32"))
    check_parity(kind, fp32.parity, precision=precision)
    folder, note = quantise_draft(fp32.folder, workshop / "int8")
    return Graphs(fp32, _ask(subject, folder) if folder else None, note)


def measure_graphs(subject: Subject, graphs: Graphs, *, max_loss: float) -> Measured:
    """Time both graphs in turn, at a short length and at a typical one, and decide which is packaged."""
    found = {"fp32": graphs.fp32} | ({"int8": graphs.int8} if graphs.int8 else {})
    longest = subject.benchmark.dataset.max_length
    lengths = (min(SHORT, longest), _typical_length(subject, graphs.fp32.engine))
    with machine_alone() as alone:
        timings = time_engines(
            {name: graph.engine for name, graph in found.items()},
            {name: graph.score for name, graph in found.items()},
            lengths=lengths,
            threads=_threads(),
        )
    if graphs.int8 is None:
        return Measured(timings, Verdict(False, graphs.note), graphs.fp32, alone)
    verdict = choose_precision(subject.primary.name, timings, max_loss=max_loss)
    return Measured(timings, verdict, graphs.int8 if verdict.takes_int8 else graphs.fp32, alone)


def _ask(subject: Subject, folder: PackageFolder) -> Graph:
    engine = Engine(folder, threads=_threads())
    raw = ask_package(engine, subject.split)
    outputs = read_outputs(engine.manifest, raw)
    said = predictions_table(engine.manifest, outputs, subject.examples, subject.split)
    kind, precision = subject.examples.kind, subject.run.environment.precision
    parity = measure_parity(kind, said, subject.folder.predictions, precision=precision)
    value = task_of(kind).score(subject.primary.name, outputs, subject.split)
    return Graph(folder, engine, raw, value, parity)


def _typical_length(subject: Subject, engine: Engine) -> int:
    """The mean of the reported split in tokens, rounded up; of a language model its window."""
    if subject.examples.kind == CAUSAL.name:
        return engine.manifest.max_length
    lengths = [len(row) for row in engine.encode(rows_of(subject.split))]
    return -(-sum(lengths) // len(lengths))


def _threads() -> int:
    return os.cpu_count() or 1
