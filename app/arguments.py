"""The command lines: what each command takes, and what its words come to."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path

from app import __version__

__all__ = ["architectures_parser", "benchmark_parser", "read_overrides", "read_pins", "report_parser"]


def benchmark_parser() -> argparse.ArgumentParser:
    """Of `python app.py --config FILE`; what it does not know may pin an axis: `read_pins`."""
    parser = argparse.ArgumentParser(
        prog="app.py",
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Benchmark BERT architectures: one executed notebook a run, one report for all of them.",
        epilog="commands:\n"
        "  app.py --config FILE           run what is missing of a benchmark, or of a suite of them, and report\n"
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


def report_parser() -> argparse.ArgumentParser:
    """Of `python app.py report`."""
    parser = argparse.ArgumentParser(
        prog="app.py report",
        allow_abbrev=False,
        description="Rebuild page, tables and notebook from disk alone.",
        epilog="Exit codes: 0 done; 1 with --fail-on-regression, a score fell beyond noise; 2 wrong input.",
    )
    _add_config(parser)
    parser.add_argument("--against", metavar="DIR", help="show what changed since the benchmark in DIR, reports/OTHER")
    parser.add_argument("--fail-on-regression", action="store_true", help="exit 1 where a score fell beyond noise")
    return parser


def architectures_parser() -> argparse.ArgumentParser:
    """Of `python app.py architectures`."""
    parser = argparse.ArgumentParser(
        prog="app.py architectures",
        allow_abbrev=False,
        description="Print the table of architectures: family, checkpoint, size, licence, paper.",
    )
    parser.add_argument("--family", metavar="NAME", help="those of one family")
    return parser


def read_pins(parser: argparse.ArgumentParser, rest: Iterable[str]) -> dict[str, str]:
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


def read_overrides(arguments: argparse.Namespace) -> list[str]:
    """The words of `--set`; `--workers` and `--executor` are shorthands for it."""
    words = list(arguments.set)
    words += [f"execution.workers={arguments.workers}"] if arguments.workers is not None else []
    words += [f"execution.executor={arguments.executor}"] if arguments.executor is not None else []
    return words


def _add_config(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, required=True, metavar="FILE", help="the benchmark or suite, as YAML")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY.PATH=VALUE",
        help="lay a value over the file; may be repeated",
    )
