"""The winner of a benchmark as a package: chosen, its weights made again where they were not kept, built."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.errors import PackageError, TemplateError, UsageError
from app.layout import PACKAGE, BenchmarkFolder, PackageFolder
from app.results import RunResult, Status
from app.serving.registry.events import CANDIDATE

if TYPE_CHECKING:
    from app.bench.warm import WarmParent
    from app.config import Benchmark
    from app.lab.datasets import Examples
    from app.report.gather import Record
    from app.results import TrackingRecord
    from app.serving.package.winner import Choice
    from app.serving.registry.registry import Version

__all__ = [
    "Chosen",
    "build_package",
    "choose_winner",
    "find_folder",
    "load_test_split",
    "make_weights",
    "publish_version",
]


@dataclass(frozen=True)
class Chosen:
    """A run to package, of a benchmark that lies in `folder`."""

    folder: BenchmarkFolder
    record: Record
    benchmark: Benchmark  # as it was run
    choice: Choice


def find_folder(config: Path, overrides: list[str]) -> BenchmarkFolder:
    """The folder of the benchmark that a file describes, or that a sweep searches.

    Raises:
        UsageError: the file is wrong, or is that of a suite.
    """
    from app.config import load_config
    from app.search.sweep import is_sweep, load_sweep
    from app.suite import is_suite

    if is_suite(config):
        remedy = "run the file of one of its benchmarks by itself, and package that"
        raise UsageError(f"{config}: is a suite, and a package is of one benchmark; {remedy}")
    if is_sweep(config):
        return BenchmarkFolder.of(load_sweep(config, overrides=overrides).benchmark.name)
    return BenchmarkFolder.of(load_config(config, overrides=overrides).name)


def choose_winner(folder: BenchmarkFolder, run_id: str) -> Chosen:
    """The run of that id, or without one the winner by the statistics of the report.

    Raises:
        UsageError: the benchmark has not been run, or has nothing that can be packaged.
    """
    from pydantic import ValidationError

    from app.config import Benchmark
    from app.report.gather import read_benchmark
    from app.serving.package.winner import choose_run

    record = read_benchmark(folder)
    choice = choose_run(record, run_id)
    try:
        return Chosen(folder, record, Benchmark.model_validate(record.config), choice)
    except ValidationError:
        raise PackageError(f"{folder.record}: is of another version of this project; run the benchmark again") from None


def make_weights(chosen: Chosen, lend: Callable[[Benchmark], WarmParent | None]) -> None:
    """Make the run again if it has not kept its model, and the report after it.

    Raises:
        PackageError: it cannot be made again as it was, or fails this time.
    """
    from app.preparation import check_and_plan
    from app.running import make_again, report_benchmark

    run = chosen.choice.run
    if chosen.folder.run(run.run_id).model.is_dir():
        return
    benchmark = _narrow(chosen.benchmark, run)
    (work,) = check_and_plan([(benchmark, chosen.folder)], dry_run=False, force=True)
    if [planned.run_id for planned in work.runs] != [run.run_id]:
        raise PackageError(
            f"{run.run_id}: has not kept its model, and cannot be made again: template, data or weights have changed "
            "since; run the benchmark again with --set execution.keep_models=true"
        )
    again = make_again(work, lend)
    if again.status is not Status.OK:
        reason = f"{again.error.kind}: {again.error.message}" if again.error else again.status.value
        raise PackageError(f"{run.run_id}: was made again to keep its model, and failed ({reason})")
    report_benchmark(chosen.folder, lend(benchmark))


def build_package(
    chosen: Chosen, parent: WarmParent | None, *, max_loss: float, keep_texts: bool, command: str
) -> PackageFolder:
    """Execute the notebook that makes the package, and seal it with its page.

    Raises:
        PackageError: the model cannot be exported, or the graph says something else than the run has said.
        TemplateError: the notebook failed for another reason.
    """
    from app.bench.notebooks import execute_or_raise
    from app.report.page.pages import render_page
    from app.serving.package.manifest import read_manifest, write_manifest

    package = PackageFolder(chosen.folder.package)
    parameters = {
        "folder": str(chosen.folder.path),
        "run_id": chosen.choice.run.run_id,
        "package_folder": str(package.path),
        "max_loss": max_loss,
        "keep_texts": keep_texts,
        "command": command,
    }
    package.path.mkdir(parents=True, exist_ok=True)
    try:
        seconds = chosen.benchmark.execution.timeout_seconds
        execute_or_raise(PACKAGE, package.notebook, parameters, parent=parent, seconds=seconds)
    except TemplateError as error:
        if error.kind == PackageError.__name__:
            raise PackageError(error.reason) from None
        raise
    render_page(package.notebook, package.page, title=f"{chosen.record.name} · package", home=None)
    write_manifest(package, read_manifest(package))  # which knows the notebook too, now that it has ended
    return package


def publish_version(chosen: Chosen, version: Version) -> TrackingRecord | None:
    """Give W&B the version too, as a model artifact, where the tracking of the benchmark is online; else None.

    A W&B that does not take it is no reason to fail: what it was to get is kept, and `make sync` sends it.
    """
    from app.lab.tracking import has_credentials, start_tracking
    from app.serving.package.manifest import read_manifest

    tracking = chosen.benchmark.tracking
    if tracking.mode != "online" and not (tracking.mode == "auto" and has_credentials()):
        return None
    manifest = read_manifest(version.folder)
    about = {"version": version.number, "run_id": manifest.source.run_id, "precision": manifest.precision}
    about |= {manifest.score.metric: manifest.score.value, "fingerprint": manifest.dataset.fingerprint}
    tracker = start_tracking(
        tracking.mode,
        project=tracking.project,
        entity=tracking.entity or "",
        group=chosen.record.name,
        name=f"package-{version.number}",
        tags=[*tracking.tags, "package"],
        folder=str(chosen.folder.wandb),
        config=about,
    )
    aliases = (f"version-{version.number}", CANDIDATE)
    tracker.log_package(version.folder, version.name, aliases=aliases, about=about)
    return tracker.finish()


def load_test_split(config: Path) -> Examples:
    """The data of a benchmark file, whose reported split packages are to answer.

    Raises:
        UsageError: the file is wrong, or its data cannot be read.
    """
    from app.config import load_config
    from app.lab.datasets import load_examples

    benchmark = load_config(config)
    return load_examples(benchmark.dataset, benchmark.task.kind)


def _narrow(benchmark: Benchmark, run: RunResult) -> Benchmark:
    """The benchmark as a plan of that run alone, on this machine, that keeps its model."""
    from app.config import Hyperparameters

    setting = {name: [value] for name, value in run.hyperparameters.items()}
    return benchmark.model_copy(
        update={
            "architectures": tuple(item for item in benchmark.architectures if item.name == run.architecture),
            "hyperparameters": Hyperparameters.model_validate(setting),
            "seeds": (run.seed,),
            "execution": benchmark.execution.model_copy(
                update={"keep_models": True, "executor": "local", "workers": 1}
            ),
        }
    )
