"""What a package is made from: a run, its data as they were, and the model that it has kept."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import ValidationError

from app.config import Architecture, Benchmark
from app.errors import PackageError
from app.integrity import is_intact
from app.lab.architectures import Built, build_model
from app.lab.datasets import Examples, Split, load_examples
from app.lab.tasks import task_of
from app.layout import BenchmarkFolder, RunFolder
from app.report.gather import Record, read_benchmark
from app.results import Primary, RunResult
from app.serving.package.winner import Choice, choose_run

__all__ = ["Subject", "load_subject"]


@dataclass(frozen=True)
class Subject:
    """One trained model with all that is known of it."""

    record: Record
    benchmark: Benchmark
    choice: Choice
    examples: Examples
    built: Built  # on the CPU, in evaluation mode, in fp32

    @property
    def run(self) -> RunResult:
        return self.choice.run

    @property
    def folder(self) -> RunFolder:
        return self.record.folder.run(self.run.run_id)

    @property
    def primary(self) -> Primary:
        """The figure that the run is ranked by."""
        assert self.run.primary is not None  # only runs with a score are chosen
        return self.run.primary

    @property
    def split(self) -> Split:
        """The reported split."""
        return self.examples.splits[self.examples.evaluated]


def load_subject(folder: BenchmarkFolder, run_id: str = "") -> Subject:
    """The run to package, with its data read again and its kept model loaded.

    Args:
        folder: of the benchmark.
        run_id: of the run; empty: the winner.

    Raises:
        PackageError: there is no such run, it has kept no model, its files were altered, or its data have changed.
        DataError: the data cannot be read any more.
    """
    record = read_benchmark(folder)
    choice = choose_run(record, run_id)
    try:
        benchmark = Benchmark.model_validate(record.config)
    except ValidationError:
        raise PackageError(f"{folder.record}: is of another version of this project; run the benchmark again") from None
    place = folder.run(choice.run.run_id)
    if not is_intact(place.predictions, choice.run):
        raise PackageError(f"{place.predictions}: was altered after the run had written it; run it again by --force")
    if not place.model.is_dir():
        raise PackageError(f"{place.model}: is not there; run it with --set execution.keep_models=true --force")
    examples = load_examples(benchmark.dataset, benchmark.task.kind)
    known = choice.run.dataset.fingerprint if choice.run.dataset else record.dataset.fingerprint
    if examples.fingerprint != known:
        raise PackageError(f"{examples.path}: is not what the run was trained on any more; run the benchmark again")
    built = build_model(
        Architecture(name=choice.run.architecture, checkpoint=str(place.model)),
        task=task_of(examples.kind),
        labels=examples.labels,
        texts=(),
        max_length=benchmark.dataset.max_length,
    )
    return Subject(record, benchmark, choice, examples, built)
