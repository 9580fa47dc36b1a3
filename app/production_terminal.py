"""What the commands of production print: a package, the registry, a look for drift, a round."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from app.errors import PackageError, RegistryError
from app.results import TrackingRecord
from app.terminal import console, new_table

if TYPE_CHECKING:
    from app.lifecycle import Outlook
    from app.serving.drift.record import DriftRecord
    from app.serving.lifecycle.rounds import Round
    from app.serving.package.winner import Choice
    from app.serving.registry.registry import Registry, Version

__all__ = [
    "print_choice",
    "print_drift",
    "print_models",
    "print_outlook",
    "print_package",
    "print_published",
    "print_round",
]


def print_choice(choice: Choice, *, has_weights: bool) -> None:
    """Say which run is packaged and why, how it stands to the baselines, and whether it has to be made again."""
    terminal = console()
    terminal.print(f"packaging {choice.run.run_id}: {choice.reason}", markup=False, highlight=False)
    style = None if choice.is_ahead else "yellow"
    terminal.print(choice.against_baselines, style=style, markup=False, highlight=False)
    if not has_weights:
        message = "Its weights were not kept: the run is made again, as it was, to keep them."
        terminal.print(message, markup=False, highlight=False)


def print_package(version: Version, root: str) -> None:
    """Say what was packaged, where its card is, and what to type next."""
    from app.report.page.wording import memory, metric_name, score
    from app.serving.package.manifest import read_manifest

    manifest = read_manifest(version.folder)
    found = manifest.score
    bounds = "" if found.low is None else f" ({score(found.low)} to {score(found.high)})"
    where = "" if root == "registry" else f" --registry {shlex.quote(root)}"
    lines = [
        f"version {version.number} of {version.name}: {manifest.source.architecture} in {manifest.precision}, "
        f"{found.split} {metric_name(found.metric)} {score(found.value)}{bounds}, {memory(manifest.size_bytes)}",
        f"why {manifest.precision}: {manifest.precision_reason}",
        f"card: {version.folder.card}",
        f"how it was made: {version.folder.page}",
        f"next: python app.py promote {version.name}@{version.number}{where}",
    ]
    for line in lines:
        console().print(line, markup=False, highlight=False, soft_wrap=True)


def print_published(record: TrackingRecord | None) -> None:
    """Say where W&B has the version, or that it is kept to be sent."""
    if record is not None:
        online = record.mode == "online"
        where = f"on W&B too: {record.path}" if online else f"for W&B, kept in {record.path}: make sync sends it"
        console().print(where, markup=False, highlight=False, soft_wrap=True)


def print_models(registry: Registry) -> None:
    """Print each model: a line a version, with its aliases, then a line for everything that has happened to it."""
    from app.report.page.wording import memory, metric_name, score

    names = registry.names()
    if not names:
        console().print(f"{registry.root}: no model yet; make one with python app.py package --config FILE")
    for name in names:
        state = registry.state(name)
        aliases = {number: alias for alias, number in state.aliases.items()}
        table = new_table("version", "alias", "architecture", "precision", "score", "rows", "size", "added")
        for number, added in sorted(state.versions.items()):
            when = f"{added.time:%Y-%m-%d %H:%M}"
            try:
                manifest = registry.manifest(name, number)
            except (PackageError, RegistryError) as error:
                table.add_row(str(number), aliases.get(number, ""), *["unusable"] * 5, when)
                sys.stderr.write(f"{error}\n")
                continue
            found = manifest.score
            table.add_row(
                str(number),
                aliases.get(number, ""),
                manifest.source.architecture,
                manifest.precision,
                f"{metric_name(found.metric)} {score(found.value)}",
                f"{found.rows:,}",
                memory(manifest.size_bytes),
                when,
            )
        console().print(f"[bold]{name}[/bold]")
        console().print(table)
        for event in state.history:
            line = f"{event.time:%Y-%m-%d %H:%M}  version {event.version} {event.kind}"
            console().print(f"{line}{f': {event.reason}' if event.reason else ''}", markup=False, highlight=False)


def print_drift(record: DriftRecord, page: Path) -> None:
    """Print the verdict in a sentence, the checks, and where the page is."""
    from rich.markup import escape

    if record.checks:
        table = new_table("check", "reference", "requests", "effect", "least", "p, corrected", "")
        for column in table.columns[3:6]:
            column.justify = "right"
        for check in record.checks:
            figures = (f"{check.effect:.3f}", f"{check.least:.2f}", f"{check.adjusted:.4f}")
            verdict = "drift" if check.is_drift else ""
            table.add_row(check.name, escape(check.before), escape(check.now), *figures, verdict)
        console().print(table)
    sys.stdout.write(f"{record.sentence}\nreport: {page}\n")


def print_outlook(outlook: Outlook) -> None:
    """Say why a round is due, that one is carried on, or that there is nothing to do."""
    name = outlook.lifecycle.settled.name
    if outlook.begun is not None:
        lines = [f"round {outlook.begun.number} of {name} is carried on; it was due because:", *outlook.reasons]
    elif outlook.reasons:
        lines = [f"round {outlook.next_number} of {name} is due:", *outlook.reasons]
    else:
        number = outlook.last.number if outlook.last else 0
        lines = [f"nothing has changed since round {number} of {name}: there is nothing to do"]
    for place, line in enumerate(lines):
        console().print(f"  {line}" if place else line, markup=False, highlight=False, soft_wrap=True)


def print_round(name: str, found: Round) -> None:
    """Say what came of a round, and where it lies."""
    from app.serving.lifecycle.rounds import RoundFolder

    folder = RoundFolder.of(name, found.number)
    added, held_out = (found.counts.get(key, 0) for key in ("added", "held_out"))
    state = "promoted" if found.promoted else "refused"
    lines = [
        f"round {found.number}: {added:,} new rows to learn from, {held_out:,} to test on ({folder.page})",
        f"benchmark: {found.benchmark}/index.html",
        f"version {found.version} {state}: {found.verdict} ({folder.promotion_page})",
    ]
    if found.served_version is not None:
        lines.append(f"the server answers by version {found.served_version}")
    for line in lines:
        console().print(line, markup=False, highlight=False, soft_wrap=True)
