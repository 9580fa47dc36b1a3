"""The command lines: what each command takes, and what its words come to."""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path

from app import __version__
from app.errors import UsageError

__all__ = [
    "PRODUCTION",
    "add_config",
    "add_set",
    "architectures_parser",
    "benchmark_parser",
    "read_count",
    "read_overrides",
    "read_pins",
    "report_parser",
    "sweep_parser",
]

PRODUCTION = ("package", "models", "promote", "rollback", "serve", "monitor", "lifecycle")
COMMANDS = ("report", "sweep", "architectures", *PRODUCTION)


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
        "  app.py sweep --config FILE     search the space of a W&B sweep file, without an account\n"
        "  app.py architectures           the names a benchmark file may give, and what they stand for\n"
        "  app.py package --config FILE   make the winner of a benchmark a package, and add it to the registry\n"
        "  app.py models                  what is in the registry\n"
        "  app.py promote REFERENCE       make a version the champion if it is better than the one there is\n"
        "  app.py rollback [NAME]         make the champion before the champion again\n"
        "  app.py serve                   answer over HTTP by the champion, with a page\n"
        "  app.py monitor                 whether what is asked of it has drifted\n"
        "  app.py lifecycle --config FILE  all of that again, where anything has changed\n\n"
        "An axis of the grid is pinned by its name: --architecture=bert-tiny --learning_rate=3e-4 --seed=1\n"
        "Exit codes: 0 all runs ok; 1 some run failed; 2 wrong command line or input; 130 interrupted.",
    )
    parser.add_argument("--version", action="version", version=f"bert-benchmark {__version__}")
    add_config(parser)
    parser.add_argument("--dry-run", action="store_true", help="print the plan and run nothing")
    parser.add_argument("--force", action="store_true", help="run also what is done already")
    parser.add_argument("--workers", type=int, metavar="N", help="runs at a time on this machine")
    parser.add_argument("--executor", metavar="NAME", help="where runs are carried out: local, or ray for a cluster")
    return parser


def report_parser() -> argparse.ArgumentParser:
    """Of `python app.py report`."""
    parser = argparse.ArgumentParser(
        prog="app.py report",
        allow_abbrev=False,
        description="Rebuild page, tables and notebook from disk alone.",
        epilog="Exit codes: 0 done; 1 with --fail-on-regression, a score fell beyond noise; 2 wrong input.",
    )
    add_config(parser)
    parser.add_argument("--against", metavar="DIR", help="show what changed since the benchmark in DIR, reports/OTHER")
    parser.add_argument("--fail-on-regression", action="store_true", help="exit 1 where a score fell beyond noise")
    return parser


def sweep_parser() -> argparse.ArgumentParser:
    """Of `python app.py sweep`."""
    parser = argparse.ArgumentParser(
        prog="app.py sweep",
        allow_abbrev=False,
        description="Search the space of a W&B sweep file on this machine, without an account or a network.",
        epilog="The same command carries on where it was left; several at once share one search.\n"
        "Exit codes: 0 all trials ok or stopped early; 1 some trial failed; 2 wrong input; 130 interrupted.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_config(parser)
    parser.add_argument("--dry-run", action="store_true", help="print the space and the first trials, run nothing")
    parser.add_argument("--count", type=int, metavar="N", help="begin at most N more trials")
    parser.add_argument("--workers", type=int, metavar="N", help="trials at a time on this machine")
    parser.add_argument("--storage", metavar="URL", help="a database that several machines share; default: SQLite")
    parser.set_defaults(executor=None)
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
    """The words that pin an axis of the grid: name -> value, as text that is read as YAML.

    `--name=value` is how a person writes it. A W&B agent may be told to write `--name value`, `name=value`,
    `+name=value` or `++name=value`, a bare `--name` for what is true, or all of them as one word of JSON.
    """
    pins: dict[str, str] = {}
    words = list(rest)
    while words:
        word = words.pop(0)
        name, separator, value = word.lstrip("-+").partition("=")
        if word.startswith("{"):
            pins |= _read_mapping(parser, word)
        elif separator and (word.startswith(("--", "+")) or not word.startswith("-")) and name:
            pins[name] = value
        elif word.startswith("--") and _is_axis(name):
            pins[name] = words.pop(0) if words and not words[0].startswith(("--", "{")) else "true"
        else:
            options = [option for action in parser._actions for option in action.option_strings]
            close = get_close_matches(word, [*options, *COMMANDS], n=1)
            hint = f" (did you mean {close[0]}?)" if close else ""
            parser.error(f"unknown argument {word}{hint}; an axis of the grid is pinned by --NAME=VALUE")
    return pins


def _read_mapping(parser: argparse.ArgumentParser, word: str) -> dict[str, str]:
    try:
        return {str(name): json.dumps(value) for name, value in json.loads(word).items()}
    except ValueError as error:
        parser.error(f"{word}: begins as JSON and is none ({error})")


def _is_axis(name: str) -> bool:
    from app.config import AXES  # not before it is asked for: --help needs none of it

    return name in AXES


def read_overrides(arguments: argparse.Namespace) -> list[str]:
    """The words of `--set`; `--workers` and `--executor` are shorthands for it."""
    words = list(arguments.set)
    words += [f"execution.workers={arguments.workers}"] if arguments.workers is not None else []
    words += [f"execution.executor={arguments.executor}"] if arguments.executor is not None else []
    return words


def read_count(count: int | None, *, is_bounded: bool) -> float:
    """How many trials a search may begin; infinite where it comes to an end by itself.

    Raises:
        UsageError: it never would, or the number is none.
    """
    if count is not None and count < 1:
        raise UsageError(f"--count {count}: must be 1 or more")
    if count is None and not is_bounded:
        raise UsageError("a random or bayes search never ends by itself: give --count N, or run_cap in the file")
    return math.inf if count is None else count


def add_config(parser: argparse.ArgumentParser) -> None:
    """Give the command `--config FILE`, and `--set` over it."""
    parser.add_argument("--config", type=Path, required=True, metavar="FILE", help="the benchmark or suite, as YAML")
    add_set(parser)


def add_set(parser: argparse.ArgumentParser) -> None:
    """Give the command `--set`, which may be repeated."""
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY.PATH=VALUE",
        help="lay a value over the file; may be repeated",
    )
