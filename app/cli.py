"""The commands, each as the route it takes from its arguments to its exit code."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from app.arguments import (
    PRODUCTION,
    architectures_parser,
    benchmark_parser,
    read_count,
    read_overrides,
    read_pins,
    report_parser,
    sweep_parser,
)
from app.errors import BenchmarkError, UsageError
from app.interrupts import INTERRUPTED, obeying_interrupts

if TYPE_CHECKING:
    from app.bench.warm import WarmParent
    from app.results import RunResult

__all__ = ["main"]

OK, SOME_FAILED, WRONG_INPUT = 0, 1, 2


def main(argv: Sequence[str] | None = None) -> int:
    """Carry out a command line.

    Returns:
        0 all runs are ok; 1 some run failed; 2 the command line or an input is wrong, nothing was run or written;
        3 what is asked of a served model has drifted; 130 interrupted, what was finished is kept.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        with obeying_interrupts():
            return _run_command(words)
    except BenchmarkError as error:
        print(error, file=sys.stderr)
        return WRONG_INPUT if isinstance(error, UsageError) else SOME_FAILED
    except KeyboardInterrupt:
        print("interrupted; what was finished is kept, and the same command carries on", file=sys.stderr)
        return INTERRUPTED


def _run_command(words: Sequence[str]) -> int:
    if words[:1] == ["report"]:
        return rebuild_report(report_parser().parse_args(words[1:]))
    if words[:1] == ["sweep"]:
        return search_sweep(sweep_parser().parse_args(words[1:]))
    if words[:1] == ["architectures"]:
        return list_architectures(architectures_parser().parse_args(words[1:]))
    if words[:1] and words[0] in PRODUCTION:
        from app.production import run_production

        return run_production(words)
    parser = benchmark_parser()
    arguments, rest = parser.parse_known_args(words)
    return run_file(arguments, read_pins(parser, rest))


def run_file(arguments: argparse.Namespace, pins: Mapping[str, str]) -> int:
    """`python app.py --config FILE`, by who calls and what the file is."""
    from app.agent import find_call, obeying_sigterm
    from app.search.sweep import is_sweep
    from app.serving.lifecycle.file import is_lifecycle
    from app.suite import is_suite

    call = find_call(os.environ)
    if is_sweep(arguments.config):
        raise UsageError(f"{arguments.config}: is a sweep; search it by app.py sweep --config {arguments.config}")
    if is_lifecycle(arguments.config):
        raise UsageError(
            f"{arguments.config}: is a lifecycle; take a round by app.py lifecycle --config {arguments.config}"
        )
    if call is not None:
        with obeying_sigterm():
            return run_trial(arguments, {**call.parameters, **pins})
    return run_suite(arguments, pins) if is_suite(arguments.config) else run_benchmark(arguments, pins)


def run_benchmark(arguments: argparse.Namespace, pins: Mapping[str, str]) -> int:
    """Of one benchmark: check, plan, run what is missing, report."""
    from app.bench.lock import hold_folder
    from app.bench.record import write_record
    from app.config import load_config
    from app.layout import BenchmarkFolder
    from app.preparation import check_and_plan
    from app.running import join_cluster, lend_parents, run_missing
    from app.terminal import print_damage, print_leaderboard, print_plan, print_sync_hint

    benchmark = load_config(arguments.config, overrides=read_overrides(arguments), pins=pins)
    folder = BenchmarkFolder.of(benchmark.name)
    (work,) = check_and_plan([(benchmark, folder)], dry_run=arguments.dry_run, force=arguments.force)
    print_damage(work.damaged)
    if arguments.dry_run:
        print_plan(work.runs, work.done, benchmark.execution.workers or 1)
        return OK
    with join_cluster([work]) as cluster, hold_folder(folder), lend_parents() as lend:
        write_record(folder, benchmark, work.dataset, work.runs, keep=bool(pins))
        results = run_missing(work, lend, cluster)
    print_leaderboard(results.values(), folder.page)
    print_sync_hint(results.values(), folder)
    return OK if all(result.status == "ok" for result in results.values()) else SOME_FAILED


def run_trial(arguments: argparse.Namespace, pins: Mapping[str, str]) -> int:
    """The same as a W&B agent calls it: one run, into the W&B run of its sweep. The report is for `report` to make."""
    from app.agent import StoppedBySweep
    from app.bench.lock import hold_folder, hold_record
    from app.bench.record import write_record
    from app.config import load_config
    from app.layout import BenchmarkFolder
    from app.preparation import check_and_plan, check_trial
    from app.results import STOPPED
    from app.running import lend_parents, run_trial
    from app.terminal import print_damage, print_plan, print_trial

    benchmark = load_config(arguments.config, overrides=read_overrides(arguments), pins=pins)
    folder = BenchmarkFolder.of(benchmark.name)
    (work,) = check_and_plan([(benchmark, folder)], dry_run=arguments.dry_run, force=arguments.force)
    check_trial(work)
    print_damage(work.damaged)
    if arguments.dry_run:
        print_plan(work.runs, work.done, benchmark.execution.workers or 1)
        return OK
    with hold_folder(folder, shared=True), lend_parents() as lend:
        with hold_record(folder):
            write_record(folder, benchmark, work.dataset, work.runs, keep=True)
        result = run_trial(work, lend)
    print_trial(result, folder, arguments.config, arguments.set)
    if result.error is not None and result.error.kind == STOPPED:
        raise StoppedBySweep
    return OK if result.status == "ok" else SOME_FAILED


def run_suite(arguments: argparse.Namespace, pins: Mapping[str, str]) -> int:
    """The same of a suite: all members checked, planned and recorded, then run one after the other, and reported."""
    from app.bench.lock import hold_folder
    from app.bench.record import write_record, write_suite
    from app.layout import SuiteFolder
    from app.preparation import check_and_plan
    from app.report.page.seal import is_current
    from app.running import join_cluster, lend_parents, report_suite, run_missing
    from app.suite import load_suite
    from app.terminal import print_damage, print_member, print_plan, print_suite, print_sync_hint

    suite = load_suite(arguments.config, overrides=read_overrides(arguments), pins=pins)
    folder = SuiteFolder.of(suite.name)
    benchmarks = [member.benchmark for member in suite.members]
    placed = [(item, folder.member(item.name)) for item in benchmarks]
    works = check_and_plan(placed, dry_run=arguments.dry_run, force=arguments.force)
    for work in works:
        print_damage(work.damaged)
    if arguments.dry_run:
        for work in works:
            print_member(work.benchmark.name, len(works))
            print_plan(work.runs, work.done, work.benchmark.execution.workers or 1)
        return OK
    results: list[RunResult] = []
    with join_cluster(works) as cluster, contextlib.ExitStack() as held, lend_parents() as lend:
        held.enter_context(hold_folder(folder))
        for work in works:
            held.enter_context(hold_folder(work.folder))
        write_suite(folder, suite)
        for work in works:
            write_record(work.folder, work.benchmark, work.dataset, work.runs, keep=bool(pins))
        for work in works:
            if len(work.done) < len(work.runs):
                print_member(work.benchmark.name, len(works))
            results += run_missing(work, lend, cluster).values()
        if not is_current(folder):
            report_suite(folder, lend(benchmarks[0]))
    print_suite(folder)
    print_sync_hint(results, folder)
    return OK if all(result.status == "ok" for result in results) else SOME_FAILED


def search_sweep(arguments: argparse.Namespace) -> int:
    """`python app.py sweep --config FILE`: check, try what the study asks for, report."""
    from app.agent import forget_call
    from app.bench.lock import hold_folder
    from app.layout import BenchmarkFolder
    from app.running import lend_parents
    from app.search.sweep import load_sweep
    from app.searching import check_study, prepare_search, preview_search, run_search
    from app.terminal import print_search, print_space, print_sync_hint

    forget_call(os.environ)
    sweep = load_sweep(arguments.config, overrides=read_overrides(arguments))
    count = read_count(arguments.count, is_bounded=sweep.method == "grid" or sweep.run_cap is not None)
    folder = BenchmarkFolder.of(sweep.benchmark.name)
    checked = prepare_search(sweep, folder, dry_run=arguments.dry_run)
    if arguments.dry_run:
        print_space(sweep, preview_search(sweep, checked, storage=arguments.storage, count=count))
        return OK
    check_study(sweep, checked, storage=arguments.storage)
    with hold_folder(folder, shared=True), lend_parents() as lend:
        record, results = run_search(sweep, checked, lend, storage=arguments.storage, count=count)
    print_search(record, folder)
    print_sync_hint(results, folder)
    return SOME_FAILED if any(trial.state == "failed" for trial in record.trials) else OK


def rebuild_report(arguments: argparse.Namespace) -> int:
    """`python app.py report --config FILE`: pages, tables and notebooks anew, from disk alone; `--against` another."""
    from app.bench.kernels import open_report_parent
    from app.suite import is_suite

    against = arguments.against
    if arguments.fail_on_regression and not against:
        raise UsageError("--fail-on-regression: give --against DIR too, the benchmark that scores may have fallen from")
    with open_report_parent() as parent:  # which imports while the configuration is read
        if not is_suite(arguments.config):
            return _report_benchmark(arguments, parent)
        if against:
            raise UsageError(f"--against: {arguments.config} is a suite; compare its members, benchmark by benchmark")
        return _report_suite(arguments, parent)


def _report_benchmark(arguments: argparse.Namespace, parent: WarmParent | None) -> int:
    from app.config import load_config
    from app.layout import BenchmarkFolder
    from app.running import compare_benchmarks, report_benchmark
    from app.search.sweep import is_sweep, load_sweep
    from app.terminal import print_changes

    if is_sweep(arguments.config):
        here = BenchmarkFolder.of(load_sweep(arguments.config, overrides=arguments.set).benchmark.name)
    else:
        here = BenchmarkFolder.of(load_config(arguments.config, overrides=arguments.set).name)
    if not arguments.against:
        print(report_benchmark(here, parent))
        return OK
    regressions = print_changes(here, compare_benchmarks(here, Path(arguments.against), parent))
    return SOME_FAILED if regressions and arguments.fail_on_regression else OK


def _report_suite(arguments: argparse.Namespace, parent: WarmParent | None) -> int:
    from app.layout import SuiteFolder
    from app.running import report_benchmark, report_suite
    from app.suite import load_suite

    suite = load_suite(arguments.config, overrides=arguments.set)
    folder = SuiteFolder.of(suite.name)
    for member in (folder.member(member.benchmark.name) for member in suite.members):
        if member.record.exists():
            print(report_benchmark(member, parent))
    print(report_suite(folder, parent))
    return OK


def list_architectures(arguments: argparse.Namespace) -> int:
    """`python app.py architectures`: the names a benchmark file may give, and what they stand for."""
    from app.config import BASELINES, FAMILIES, load_architectures, suggest
    from app.terminal import print_architectures

    family = arguments.family
    if family is not None and family not in FAMILIES + BASELINES:
        raise UsageError(f"--family {family}: unknown family{suggest(family, FAMILIES + BASELINES)}")
    print_architectures([entry for entry in load_architectures().values() if family in (None, entry.family)])
    return OK
