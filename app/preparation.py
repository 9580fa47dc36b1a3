"""Benchmarks made ready: every input checked and all problems told at once, weights fetched, runs planned."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.bench.plan import Run, plan_runs
from app.bench.resume import Found, look_for_results
from app.config import Architecture, Benchmark, load_architectures
from app.errors import UsageError
from app.lab.accepted import remember_accepted, was_accepted
from app.lab.checkpoints import check_checkpoints, check_kinds, fetch_checkpoints, fingerprint_checkpoint
from app.lab.datasets import load_examples
from app.lab.heads import check_heads
from app.lab.kept import resolve_kept
from app.lab.layers import check_frozen
from app.layout import BenchmarkFolder, template_of
from app.results import DatasetRecord, RunResult

__all__ = ["Checked", "Work", "check_and_plan", "check_benchmarks", "check_trial"]


@dataclass(frozen=True)
class Work:
    """A benchmark that has passed every check: its runs, and which of them are done."""

    benchmark: Benchmark
    folder: BenchmarkFolder
    dataset: DatasetRecord
    runs: tuple[Run, ...]
    done: Mapping[str, RunResult]
    damaged: Mapping[str, str]  # run id -> what is wrong with what lies there, and so is made anew
    force: bool = False  # nothing was to count as done


@dataclass(frozen=True)
class Checked:
    """A benchmark that has passed every check, and what its runs' ids depend on beside it."""

    benchmark: Benchmark
    folder: BenchmarkFolder
    dataset: DatasetRecord
    template: str
    fingerprints: Mapping[str, str]  # architecture -> what identifies its weights

    def plan(self, benchmark: Benchmark | None = None) -> tuple[Run, ...]:
        """Its runs, or those of a `benchmark` that is a part of it."""
        return plan_runs(
            self.benchmark if benchmark is None else resolve_kept(benchmark),
            template_source=self.template,
            data_fingerprint=self.dataset.fingerprint,
            checkpoints=self.fingerprints,
            folder=self.folder,
        )


def check_and_plan(
    benchmarks: Sequence[tuple[Benchmark, BenchmarkFolder]], *, dry_run: bool, force: bool
) -> list[Work]:
    """Check the data, weights and credentials of every benchmark, fetch what weights are not here, and plan the runs.

    Args:
        benchmarks: each with the folder it lies in.
        dry_run: nothing is to be run: weights are not fetched.
        force: nothing counts as done.

    Raises:
        UsageError: with a line for each problem of any of them.
    """
    works = []
    for checked in check_benchmarks(benchmarks, dry_run=dry_run):
        runs = checked.plan()
        found = Found({}, {}) if force else look_for_results(runs)
        if len(found.done) > 1_000:
            gc.freeze()  # records that stay: no search for garbage shall walk over them, time and again
        works.append(Work(checked.benchmark, checked.folder, checked.dataset, runs, found.done, found.damaged, force))
    return works


def check_benchmarks(benchmarks: Sequence[tuple[Benchmark, BenchmarkFolder]], *, dry_run: bool) -> list[Checked]:
    """The same without a plan, which of a space that is searched nobody could make.

    Raises:
        UsageError: with a line for each problem of any of them.
    """
    benchmarks = _resolve_checkpoints(benchmarks)
    datasets = _check_inputs([benchmark for benchmark, _ in benchmarks])
    if not dry_run:
        for architecture in (item for benchmark, _ in benchmarks for item in _own_configurations(benchmark)):
            remember_accepted(architecture)
        fetch_checkpoints(name for benchmark, _ in benchmarks for name in _pretrained(benchmark).values())
    return [
        Checked(
            benchmark=benchmark,
            folder=folder,
            dataset=dataset,
            template=template_of(benchmark.task.kind).read_text(encoding="utf-8"),
            fingerprints={name: fingerprint_checkpoint(place) for name, place in _pretrained(benchmark).items()},
        )
        for (benchmark, folder), dataset in zip(benchmarks, datasets, strict=True)
    ]


def check_trial(work: Work) -> None:
    """See that a plan is what one call of a W&B agent can be: one run, which W&B hears of.

    Raises:
        UsageError: it is not; the message names what the sweep has left open.
    """
    benchmark, problems = work.benchmark, []
    if benchmark.tracking.mode in ("offline", "disabled"):
        problems.append(
            f"tracking.mode: {benchmark.tracking.mode} keeps the run from its sweep; auto and online do not"
        )
    if benchmark.execution.executor != "local":
        problems.append("execution.executor: a call by a W&B agent is carried out where the agent is; set it to local")
    if len(work.runs) != 1:
        axes = {
            "architecture": benchmark.architectures,
            "seed": benchmark.seeds,
            **{name: getattr(benchmark.hyperparameters, name) for name in type(benchmark.hyperparameters).model_fields},
        }
        left = ", ".join(f"{name} ({len(values)} values)" for name, values in axes.items() if len(values) > 1)
        problems.append(
            f"a call by a W&B agent is one run, and this plan has {len(work.runs)}: the sweep leaves open {left}; "
            "give each in the sweep's parameters, as values, or as {value: ...} to fix it"
        )
    if problems:
        raise UsageError("\n".join(problems))


def _resolve_checkpoints(
    benchmarks: Sequence[tuple[Benchmark, BenchmarkFolder]],
) -> list[tuple[Benchmark, BenchmarkFolder]]:
    """Models that earlier runs have kept, as the folders they lie in."""
    resolved, problems = [], []
    for benchmark, folder in benchmarks:
        try:
            resolved.append((resolve_kept(benchmark), folder))
        except UsageError as error:
            problems.append(str(error))
    if problems:
        raise UsageError("\n".join(problems))
    return resolved


def _check_inputs(benchmarks: Sequence[Benchmark]) -> list[DatasetRecord]:
    """What each benchmark's data are.

    Raises:
        UsageError: with a line for each problem of any of them.
    """
    errors: list[UsageError] = []

    @contextlib.contextmanager
    def gathered(benchmark: Benchmark | None = None) -> Iterator[None]:
        try:
            yield
        except UsageError as error:
            is_of_many = benchmark is not None and len(benchmarks) > 1
            errors.append(UsageError(f"{benchmark.name}: {error}") if is_of_many and benchmark else error)

    datasets = []
    for benchmark in benchmarks:
        with gathered(benchmark):
            datasets.append(load_examples(benchmark.dataset, benchmark.task.kind).record())
    with gathered():
        check_checkpoints(name for benchmark in benchmarks for name in _pretrained(benchmark).values())
        for benchmark in benchmarks:  # of what is whole
            check_kinds(_pretrained(benchmark).values(), benchmark.task.kind)
    for benchmark in benchmarks:
        with gathered():
            check_heads(benchmark.architectures, benchmark.task.kind)
        with gathered():
            check_frozen(benchmark)
        with gathered():
            _check_configurations(benchmark)
        with gathered():
            _check_credentials(benchmark)
    if errors:
        raise UsageError("\n".join(dict.fromkeys(map(str, errors))))
    return datasets


def _pretrained(benchmark: Benchmark) -> dict[str, str]:
    """Architecture -> checkpoint, of those that have one."""
    return {item.name: item.checkpoint for item in benchmark.architectures if item.checkpoint}


def _check_credentials(benchmark: Benchmark) -> None:
    """Refuse `tracking.mode: online` without a key before the first run, rather than in every kernel."""
    from app.lab.tracking import has_credentials

    if benchmark.tracking.mode == "online" and not has_credentials():
        raise UsageError("tracking.mode: online needs credentials (WANDB_API_KEY, or wandb login); auto does without")


def _check_configurations(benchmark: Benchmark) -> None:
    """Refuse a configuration of the user's own that its family does not take, before the first run."""
    unknown = [item for item in _own_configurations(benchmark) if not was_accepted(item)]
    if unknown:
        from app.lab.architectures import check_architecture

        for architecture in unknown:
            check_architecture(architecture)


def _own_configurations(benchmark: Benchmark) -> list[Architecture]:
    """The architectures that are configured otherwise than the table's own, which are known to be right."""
    shipped = [(entry.family, entry.config) for entry in load_architectures().values()]
    return [item for item in benchmark.architectures if item.config and (item.family, item.config) not in shipped]
