"""The commands, each as the route it takes from its arguments to its exit code."""

from __future__ import annotations

import argparse
import contextlib
import functools
import gc
import signal
import sys
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from app import __version__
from app.errors import BenchmarkError, UsageError

if TYPE_CHECKING:
    from app.bench.places import Place
    from app.bench.plan import Run
    from app.bench.warm import WarmParent
    from app.config import Benchmark
    from app.layout import BenchmarkFolder, RunFolder
    from app.results import RunResult

__all__ = ["main"]

OK, SOME_FAILED, WRONG_INPUT, INTERRUPTED = 0, 1, 2, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Carry out a command line.

    Returns:
        0 all runs are ok; 1 some run failed; 2 the command line or an input is wrong, nothing was run or written;
        130 interrupted, what was finished is kept.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    with contextlib.suppress(ValueError):  # not in the main thread: then signals are for others to handle
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        if words[:1] == ["report"]:
            return rebuild_report(_report_parser().parse_args(words[1:]))
        if words[:1] == ["architectures"]:
            return list_architectures(_architectures_parser().parse_args(words[1:]))
        parser = _benchmark_parser()
        arguments, rest = parser.parse_known_args(words)
        return run_benchmark(arguments, _read_pins(parser, rest))
    except BenchmarkError as error:
        print(error, file=sys.stderr)
        return WRONG_INPUT if isinstance(error, UsageError) else SOME_FAILED
    except KeyboardInterrupt:
        print("interrupted; what was finished is kept, and the same command carries on", file=sys.stderr)
        return INTERRUPTED


def run_benchmark(arguments: argparse.Namespace, pins: Mapping[str, str]) -> int:
    """`python app.py --config FILE`: check, plan, run what is missing, report."""
    from app.bench.plan import plan_runs
    from app.bench.resume import find_done
    from app.config import load_config
    from app.lab.checkpoints import check_checkpoints, check_kinds, fetch_checkpoints, fingerprint_checkpoint
    from app.lab.datasets import load_examples
    from app.lab.kept import resolve_kept
    from app.layout import BenchmarkFolder, template_of
    from app.terminal import print_leaderboard, print_plan, print_sync_hint

    benchmark = resolve_kept(load_config(arguments.config, overrides=_overrides(arguments), pins=pins))
    folder = BenchmarkFolder.of(benchmark.name)
    examples = load_examples(benchmark.dataset, benchmark.task.kind)
    pretrained = {item.name: item.checkpoint for item in benchmark.architectures if item.checkpoint}
    check_checkpoints(pretrained.values())
    check_kinds(pretrained.values(), benchmark.task.kind)
    _check_configurations(benchmark)
    _check_credentials(benchmark)
    if not arguments.dry_run:
        fetch_checkpoints(pretrained.values())
    runs = plan_runs(
        benchmark,
        template_source=template_of(benchmark.task.kind).read_text(encoding="utf-8"),
        data_fingerprint=examples.fingerprint,
        checkpoints={name: fingerprint_checkpoint(checkpoint) for name, checkpoint in pretrained.items()},
    )
    done = {} if arguments.force else find_done(runs)
    if len(done) > 1_000:
        gc.freeze()  # records that stay: no search for garbage shall walk over them, time and again
    if arguments.dry_run:
        print_plan(runs, done, benchmark.execution.workers)
        return OK

    from app.bench.lock import hold_folder
    from app.bench.record import write_record
    from app.report.seal import is_current

    with hold_folder(folder):
        write_record(folder, benchmark, examples.record(), runs, keep=bool(pins))
        results = dict(done)
        if len(done) < len(runs) or not is_current(folder):
            from app.bench.kernels import open_parent

            tracked = benchmark.tracking.mode != "disabled"
            with open_parent(benchmark.execution.kernel, tracked=tracked) as parent:
                results |= _carry_out(benchmark, runs, done, parent)
                _report(folder, parent)
    print_leaderboard(results.values(), folder.page)
    print_sync_hint(results.values(), folder)
    return OK if all(result.status == "ok" for result in results.values()) else SOME_FAILED


def rebuild_report(arguments: argparse.Namespace) -> int:
    """`python app.py report --config FILE`: page, table and notebook anew, from disk alone."""
    from app.config import load_config
    from app.layout import BenchmarkFolder

    benchmark = load_config(arguments.config, overrides=arguments.set)
    print(_report(BenchmarkFolder.of(benchmark.name), parent=None))
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


def _report(folder: BenchmarkFolder, parent: WarmParent | None) -> Path:
    """The report is a notebook too, executed as the runs' are; before it, pages of runs that have none yet."""
    from app.bench.notebooks import execute_or_raise
    from app.report.write import write_report

    for notebook in folder.runs.glob("*/notebook.ipynb"):
        run = folder.run(notebook.parent.name)
        if not run.page.exists():
            _render_run(run, notebook.parent.name)
    return write_report(folder, execute=functools.partial(execute_or_raise, parent=parent))


def _carry_out(
    benchmark: Benchmark, runs: Sequence[Run], done: Mapping[str, RunResult], parent: WarmParent | None
) -> dict[str, RunResult]:
    """Run what is not done yet, a page for each run as it ends; the records by run id."""
    from app.bench.execute import execute_run
    from app.bench.local import open_places, run_locally
    from app.bench.machine import Machine
    from app.bench.notebooks import Watch
    from app.bench.progress import RunDisplay
    from app.bench.resume import estimate_seconds
    from app.bench.shares import has_memory
    from app.bench.wandb_service import share_service
    from app.layout import template_of
    from app.terminal import console

    to_do = [run for run in runs if run.run_id not in done]
    if not to_do:
        return {}
    plan, template = benchmark.execution, template_of(benchmark.task.kind)
    watch = Watch(plan.timeout_seconds)
    estimate = estimate_seconds(runs, done, plan.workers)
    ended: dict[str, RunResult] = {}
    tracked = benchmark.tracking.mode != "disabled"
    with (
        share_service(wanted=tracked) as service,
        Machine() as machine,
        open_places(
            plan.workers, machine=machine, parent=parent, watch=watch, logs=to_do[0].folder.path.parent, service=service
        ) as places,
        ThreadPoolExecutor(1, thread_name_prefix="page") as pages,
        RunDisplay(console(), total=len(runs), done=len(done), seconds_left=estimate) as display,
    ):

        def render(run: Run) -> None:
            with machine.work():
                _render_run(run.folder, run.run_id)

        def execute(run: Run, place: Place) -> RunResult | None:
            result = execute_run(
                run,
                template=template,
                place=place,
                machine=machine,
                watch=watch,
                retries=plan.retries,
                on_retry=display.retry,
            )
            pages.submit(render, run)
            return result

        def has_room(under_way: Sequence[int]) -> bool:
            known = [*done.values(), *ended.values()]
            return has_memory(under_way, [result.cost.peak_memory_bytes for result in known if result.cost])

        outcomes = run_locally(
            to_do,
            execute,
            places=places,
            watch=watch,
            has_room=has_room,
            on_start=display.start,
            on_tick=display.tick,
        )
        with contextlib.closing(outcomes):
            for run, result in outcomes:
                display.finish(run, result)
                ended[run.run_id] = result
    return ended


def _render_run(folder: RunFolder, run_id: str) -> None:
    """The page of one run. What is left of a run that was torn off may be no notebook: then it has no page."""
    from app.report.pages import render_page

    with contextlib.suppress(OSError, ValueError):
        render_page(folder.notebook, folder.page, title=run_id, home="../../index.html")


def _check_credentials(benchmark: Benchmark) -> None:
    """Refuse `tracking.mode: online` without a key before the first run, rather than in every kernel."""
    from app.lab.tracking import has_credentials

    if benchmark.tracking.mode == "online" and not has_credentials():
        raise UsageError("tracking.mode: online needs credentials (WANDB_API_KEY, or wandb login); auto does without")


def _check_configurations(benchmark: Benchmark) -> None:
    """Refuse a configuration of the user's own that its family does not take, before the first run.

    The table's own entries are known to be right: for them torch need not be imported here.
    """
    from app.config import load_architectures

    table = load_architectures().values()
    shipped = [(entry.family, entry.config) for entry in table]
    own = [item for item in benchmark.architectures if item.config and (item.family, item.config) not in shipped]
    if own:
        from app.lab.architectures import check_architecture

        for architecture in own:
            check_architecture(architecture)


def _overrides(arguments: argparse.Namespace) -> list[str]:
    """`--workers` and `--executor` are shorthands for `--set`."""
    words = list(arguments.set)
    words += [f"execution.workers={arguments.workers}"] if arguments.workers is not None else []
    words += [f"execution.executor={arguments.executor}"] if arguments.executor is not None else []
    return words


def _read_pins(parser: argparse.ArgumentParser, rest: Iterable[str]) -> dict[str, str]:
    """`--name=value` words that pin an axis of the grid, as a sweep agent gives them."""
    pins = {}
    for word in rest:
        name, separator, value = word.removeprefix("--").partition("=")
        if not word.startswith("--") or not separator:
            options = [option for action in parser._actions for option in action.option_strings]
            close = get_close_matches(word, [*options, "report", "architectures"], n=1)
            hint = f" (did you mean {close[0]}?)" if close else ""
            parser.error(f"unknown argument {word}{hint}; an axis of the grid is pinned by --NAME=VALUE")
        pins[name] = value
    return pins


def _benchmark_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="app.py",
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Benchmark BERT architectures: one executed notebook a run, one report for all of them.",
        epilog="commands:\n"
        "  app.py --config FILE           run what is missing of a benchmark, and report\n"
        "  app.py report --config FILE    rebuild the report from disk\n"
        "  app.py architectures           the names a benchmark file may give, and what they stand for\n\n"
        "An axis of the grid is pinned by its name: --architecture=bert-tiny --learning_rate=3e-4 --seed=1\n"
        "Exit codes: 0 all runs ok; 1 some run failed; 2 wrong command line or input; 130 interrupted.",
    )
    parser.add_argument("--version", action="version", version=f"bert-benchmark {__version__}")
    _add_config(parser)
    parser.add_argument("--dry-run", action="store_true", help="print the plan and run nothing")
    parser.add_argument("--force", action="store_true", help="run also what is done already")
    parser.add_argument("--workers", type=int, metavar="N", help="runs at a time on this machine")
    parser.add_argument("--executor", metavar="NAME", help="where runs are carried out: local")
    return parser


def _report_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="app.py report",
        allow_abbrev=False,
        description="Rebuild page, table and notebook from disk alone.",
    )
    _add_config(parser)
    return parser


def _architectures_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="app.py architectures",
        allow_abbrev=False,
        description="Print the table of architectures: family, checkpoint, size, licence, paper.",
    )
    parser.add_argument("--family", metavar="NAME", help="those of one family")
    return parser


def _add_config(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, required=True, metavar="FILE", help="the benchmark, as YAML")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY.PATH=VALUE",
        help="lay a value over the file; may be repeated",
    )
