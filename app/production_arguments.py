"""The command lines of production: what each command takes."""

from __future__ import annotations

import argparse
from pathlib import Path

from app.arguments import add_config, add_set

__all__ = [
    "lifecycle_parser",
    "models_parser",
    "monitor_parser",
    "package_parser",
    "promote_parser",
    "rollback_parser",
    "serve_parser",
]


def package_parser() -> argparse.ArgumentParser:
    """Of `python app.py package`."""
    parser = argparse.ArgumentParser(
        prog="app.py package",
        allow_abbrev=False,
        description="Make the winner of a benchmark a package that can be served, and add it to the registry.",
        epilog="Exit codes: 0 done; 2 wrong input, or a model that cannot be packaged.",
    )
    add_config(parser)
    parser.add_argument("--run", default="", metavar="RUN_ID", help="this run rather than the winner")
    parser.add_argument("--max-loss", type=float, default=0.5, metavar="POINTS", help="that int8 may lose; default 0.5")
    parser.add_argument("--without-texts", action="store_true", help="keep texts of the data out of the package")
    _add_registry(parser)
    return parser


def models_parser() -> argparse.ArgumentParser:
    """Of `python app.py models`."""
    parser = argparse.ArgumentParser(
        prog="app.py models",
        allow_abbrev=False,
        description="List the models of a registry: versions, aliases, and what has happened to them.",
    )
    _add_registry(parser)
    return parser


def promote_parser() -> argparse.ArgumentParser:
    """Of `python app.py promote`."""
    parser = argparse.ArgumentParser(
        prog="app.py promote",
        allow_abbrev=False,
        description="Make a version the champion, if a paired test over the same examples says that it is better.",
        epilog="Exit codes: 0 promoted; 1 refused, and recorded with its reason; 2 wrong input.",
    )
    parser.add_argument("reference", metavar="REFERENCE", help="NAME@candidate, NAME@3; of a single model: candidate")
    parser.add_argument(
        "--within-noise",
        choices=("smaller", "faster"),
        help="promote also one that is no worse beyond noise, if it is smaller, or faster, by a tenth",
    )
    parser.add_argument("--config", type=Path, metavar="FILE", help="let both answer the test split of this benchmark")
    _add_registry(parser)
    return parser


def rollback_parser() -> argparse.ArgumentParser:
    """Of `python app.py rollback`."""
    parser = argparse.ArgumentParser(
        prog="app.py rollback", allow_abbrev=False, description="Make the champion before the champion again."
    )
    parser.add_argument("name", nargs="?", metavar="NAME", help="of the model; not needed where there is one alone")
    _add_registry(parser)
    return parser


def serve_parser() -> argparse.ArgumentParser:
    """Of `python app.py serve`."""
    parser = argparse.ArgumentParser(
        prog="app.py serve",
        allow_abbrev=False,
        description="Answer over HTTP by a packaged model, and show a page for people.",
        epilog="With APP_API_KEY in the environment, requests need the header Authorization: Bearer KEY.\n"
        "Exit codes: 0 ended by SIGTERM or SIGINT; 2 no such model, a damaged one, a port in use.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--model",
        default="champion",
        metavar="REFERENCE",
        help="NAME@champion, NAME@3, NAME, of one model alone champion; or the folder of a package",
    )
    _add_registry(parser)
    _add_served(parser)
    parser.add_argument("--host", default="127.0.0.1", metavar="ADDRESS", help="another than loopback needs a key")
    parser.add_argument("--port", type=int, default=8000, metavar="N", help="0 takes a free one")
    parser.add_argument("--threads", type=int, metavar="N", help="of one forward pass; all cores unless told")
    parser.add_argument("--open", action="store_true", help="answer without a key on any address")
    parser.add_argument("--keep-texts", action="store_true", help="keep texts with the answers, on this machine")
    parser.add_argument("--log-texts", action="store_true", help="write texts to the log")
    parser.add_argument(
        "--allow-origin", action="append", default=[], metavar="ORIGIN", help="of a page elsewhere; may be repeated"
    )
    return parser


def monitor_parser() -> argparse.ArgumentParser:
    """Of `python app.py monitor`."""
    parser = argparse.ArgumentParser(
        prog="app.py monitor",
        allow_abbrev=False,
        description="Compare what was asked of a served model with what it was measured on, and write a page of it.",
        epilog="Exit codes: 0 no drift, or too few requests for a verdict; 2 wrong input; 3 drift.",
    )
    parser.add_argument(
        "--model",
        default="champion",
        metavar="REFERENCE",
        help="champion, NAME, NAME@champion, NAME@3, or the folder of a package; default: champion",
    )
    _add_registry(parser)
    _add_served(parser)
    parser.add_argument("--last", type=int, default=1000, metavar="N", help="the last N requests; default: 1000")
    parser.add_argument("--since", metavar="ISO", help="requests since that moment alone, 2026-01-31T12:00:00Z")
    return parser


def lifecycle_parser() -> argparse.ArgumentParser:
    """Of `python app.py lifecycle`."""
    parser = argparse.ArgumentParser(
        prog="app.py lifecycle",
        allow_abbrev=False,
        description="Where anything has changed: benchmark, package, compare, promote if better.",
        epilog="The same command carries on a round where it was left, and does nothing where nothing has changed.\n"
        "Exit codes: 0 done, promoted or refused, or nothing to do; 1 a step failed; 2 wrong input; 130 interrupted.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--config", type=Path, required=True, metavar="FILE", help="the lifecycle, as YAML")
    parser.add_argument("--dry-run", action="store_true", help="say whether a round is due, and why; begin none")
    add_set(parser)
    return parser


def _add_registry(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--registry", default="registry", metavar="DIR_OR_URL", help="default: registry")


def _add_served(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--served", type=Path, default=Path("served"), metavar="DIR", help="where answers are kept; default: served"
    )
