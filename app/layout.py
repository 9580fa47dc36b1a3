"""Every path and every environment variable of this project, named once."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

__all__ = [
    "API_KEY_VARIABLE",
    "ARCHITECTURES",
    "ATTEMPT_VARIABLE",
    "CACHE_VARIABLE",
    "CHECKPOINT_VARIABLE",
    "COMPARISON",
    "CORES_VARIABLE",
    "DRIFT",
    "EARLIER_VARIABLE",
    "EXCLUSIVE_VARIABLE",
    "FINETUNE",
    "KERNEL_VARIABLE",
    "LANGUAGE_MODEL",
    "MACHINE_VARIABLE",
    "NOTEBOOKS",
    "PACKAGE",
    "PARAMETERS_VARIABLE",
    "PARTS_VARIABLE",
    "PAUSED_VARIABLE",
    "PROJECT",
    "PROMOTION",
    "REFERENCES",
    "REPORT",
    "ROUND",
    "RUN_VARIABLE",
    "SEARCH",
    "SERVICE_VARIABLE",
    "SLICE",
    "SLICES_VARIABLE",
    "SUITE",
    "SWEEP_VARIABLE",
    "BenchmarkFolder",
    "PackageFolder",
    "RunFolder",
    "ServedFolder",
    "SuiteFolder",
    "cache_folder",
    "template_of",
]

PROJECT = Path(__file__).resolve().parent.parent
NOTEBOOKS = PROJECT / "notebooks"
FINETUNE = NOTEBOOKS / "finetune.py"
LANGUAGE_MODEL = NOTEBOOKS / "language_model.py"
REPORT = NOTEBOOKS / "report.py"
SUITE = NOTEBOOKS / "suite.py"
COMPARISON = NOTEBOOKS / "comparison.py"
SEARCH = NOTEBOOKS / "search.py"
ROUND = NOTEBOOKS / "round.py"
PROMOTION = NOTEBOOKS / "promotion.py"
PACKAGE = NOTEBOOKS / "package.py"
DRIFT = NOTEBOOKS / "drift.py"
ARCHITECTURES = PROJECT / "config" / "architectures.yaml"
REFERENCES = PROJECT / "config" / "references.yaml"

API_KEY_VARIABLE = "APP_API_KEY"  # what the API asks its clients for
CACHE_VARIABLE = "BERT_BENCHMARK_CACHE"  # where to keep what can be made again
# What the driver tells a kernel that is no parameter of the science: it must not change a run's id.
EXCLUSIVE_VARIABLE = "BERT_BENCHMARK_EXCLUSIVE"  # 1: no other run of the benchmark is at work beside this one
MACHINE_VARIABLE = "BERT_BENCHMARK_MACHINE"  # key@address: where a kernel asks for the machine while it measures
CORES_VARIABLE = "BERT_BENCHMARK_CORES"  # what a worker may use while it has the machine alone, beyond its share
PAUSED_VARIABLE = "BERT_BENCHMARK_PAUSED"  # folder in which a kernel finds for how long it has been paused
ATTEMPT_VARIABLE = "BERT_BENCHMARK_ATTEMPT"  # 1 for the first try
EARLIER_VARIABLE = "BERT_BENCHMARK_EARLIER"  # a list in JSON: the tries before it, that came to nothing
PARTS_VARIABLE = "BERT_BENCHMARK_PARTS"  # in how many parts to compute each training batch; 1: at once
CHECKPOINT_VARIABLE = "BERT_BENCHMARK_CHECKPOINT"  # how often training is kept: `epoch`, or a number of steps
KERNEL_VARIABLE = "BERT_BENCHMARK_KERNEL"  # what all processes of a driver, and of each of its kernels, are known by
SLICES_VARIABLE = "BERT_BENCHMARK_SLICES"  # a list in JSON: columns to keep beside the texts, for the report
SERVICE_VARIABLE = "WANDB_SERVICE"  # wandb's own: how it finds a service that runs already
SWEEP_VARIABLE = "WANDB_SWEEP_ID"  # wandb's own, as are the next two: an agent sets them for what it calls
RUN_VARIABLE = "WANDB_RUN_ID"
PARAMETERS_VARIABLE = "WANDB_SWEEP_PARAM_PATH"  # file of what the sweep has chosen

SLICE = "slice."  # before the name of a column of examples.parquet that scores are shown apart by


def template_of(kind: str) -> Path:
    """The notebook template of a kind of task."""
    return LANGUAGE_MODEL if kind in ("causal-lm", "masked-lm") else FINETUNE


def cache_folder() -> Path:
    """Where things that can be made again are kept: `$BERT_BENCHMARK_CACHE`, or `.cache` in the project."""
    return Path(os.environ.get(CACHE_VARIABLE) or PROJECT / ".cache")


@dataclass(frozen=True)
class RunFolder:
    """`reports/<name>/runs/<run_id>/`: all that one run leaves."""

    path: Path

    @property
    def notebook(self) -> Path:
        return self.path / "notebook.ipynb"

    @property
    def page(self) -> Path:
        return self.path / "notebook.html"

    @property
    def result(self) -> Path:
        return self.path / "result.json"

    @property
    def predictions(self) -> Path:
        return self.path / "predictions.parquet"

    @property
    def history(self) -> Path:
        return self.path / "history.csv"

    @property
    def model(self) -> Path:
        return self.path / "model"

    @property
    def sample(self) -> Path:
        return self.path / "sample.txt"

    @property
    def log(self) -> Path:
        return self.path / "log.txt"

    @property
    def checkpoint(self) -> Path:
        return self.path / "checkpoint"

    @property
    def reserve(self) -> Path:
        return self.path / ".reserve"

    @property
    def benchmark(self) -> BenchmarkFolder:
        """The folder of the benchmark that it is a run of, if it is one of any."""
        return BenchmarkFolder(self.path.resolve().parent.parent)


@dataclass(frozen=True)
class BenchmarkFolder:
    """`reports/<name>/`: all that one benchmark leaves."""

    path: Path

    @classmethod
    def of(cls, name: str) -> BenchmarkFolder:
        """The folder of the benchmark called `name`, below the folder the command runs in."""
        return cls(Path("reports") / name)

    @property
    def page(self) -> Path:
        return self.path / "index.html"

    @property
    def notebook(self) -> Path:
        return self.path / "report.ipynb"

    @property
    def table(self) -> Path:
        return self.path / "results.csv"

    @property
    def leaderboard(self) -> Path:
        return self.path / "leaderboard.csv"

    @property
    def leaderboard_document(self) -> Path:
        return self.path / "leaderboard.json"

    @property
    def changes(self) -> Path:
        return self.path / "comparison.json"

    @property
    def changes_page(self) -> Path:
        return self.path / "comparison.html"

    @property
    def changes_notebook(self) -> Path:
        return self.path / "comparison.ipynb"

    @property
    def record(self) -> Path:
        return self.path / "benchmark.json"

    @property
    def examples(self) -> Path:
        return self.path / "examples.parquet"

    @property
    def seal(self) -> Path:
        return self.path / ".report.json"

    @property
    def lock(self) -> Path:
        return self.path / ".lock"

    @property
    def study(self) -> Path:
        return self.path / "study.db"

    @property
    def drivers(self) -> Path:
        return self.path / ".drivers"

    @property
    def search(self) -> Path:
        return self.path / "search.json"

    @property
    def search_page(self) -> Path:
        return self.path / "search.html"

    @property
    def search_notebook(self) -> Path:
        return self.path / "search.ipynb"

    @property
    def record_lock(self) -> Path:
        return self.path / ".record.lock"

    @property
    def runs_lock(self) -> Path:
        return self.path / ".runs.lock"

    @property
    def runs(self) -> Path:
        return self.path / "runs"

    @property
    def wandb(self) -> Path:
        return self.path / "wandb"

    @property
    def package(self) -> Path:
        return self.path / "package"

    def run(self, run_id: str) -> RunFolder:
        return RunFolder(self.runs / run_id)


@dataclass(frozen=True)
class SuiteFolder:
    """`reports/<suite>/`: all that a suite leaves; each member's folder in it is that of a benchmark."""

    path: Path

    @classmethod
    def of(cls, name: str) -> SuiteFolder:
        """The folder of the suite called `name`, below the folder the command runs in."""
        return cls(Path("reports") / name)

    @property
    def page(self) -> Path:
        return self.path / "index.html"

    @property
    def notebook(self) -> Path:
        return self.path / "report.ipynb"

    @property
    def table(self) -> Path:
        return self.path / "results.csv"

    @property
    def record(self) -> Path:
        return self.path / "suite.json"

    @property
    def seal(self) -> Path:
        return self.path / ".report.json"

    @property
    def lock(self) -> Path:
        return self.path / ".lock"

    @property
    def wandb(self) -> Path:
        return self.path / "*" / "wandb"

    def member(self, name: str) -> BenchmarkFolder:
        return BenchmarkFolder(self.path / name)


@dataclass(frozen=True)
class PackageFolder:
    """A package: a model with all that serving it takes, and what is known of it. Its files lie side by side."""

    path: Path

    @property
    def manifest(self) -> Path:
        return self.path / "manifest.json"

    @property
    def model(self) -> Path:
        return self.path / "model.onnx"

    @property
    def tokenizer(self) -> Path:
        return self.path / "tokenizer.json"

    @property
    def labels(self) -> Path:
        return self.path / "labels.json"

    @property
    def card(self) -> Path:
        return self.path / "card.md"

    @property
    def predictions(self) -> Path:
        return self.path / "predictions.parquet"

    @property
    def reference(self) -> Path:
        return self.path / "reference.parquet"

    @property
    def notebook(self) -> Path:
        return self.path / "notebook.ipynb"

    @property
    def page(self) -> Path:
        return self.path / "notebook.html"

    def contents(self) -> list[Path]:
        """Every file that is there, by name."""
        return sorted(path for path in self.path.iterdir() if path.is_file() and not path.name.startswith("."))


@dataclass(frozen=True)
class ServedFolder:
    """`served/<name>/`: what was served under a name, and how far it has drifted."""

    path: Path

    @property
    def store(self) -> Path:
        return self.path / "predictions.db"

    @property
    def page(self) -> Path:
        return self.path / "drift.html"

    @property
    def notebook(self) -> Path:
        return self.path / "drift.ipynb"

    @property
    def record(self) -> Path:
        return self.path / "drift.json"

    @property
    def lock(self) -> Path:
        return self.path / ".lock"
