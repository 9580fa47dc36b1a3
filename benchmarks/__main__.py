"""`python -m benchmarks [--only grid,training] [--repeats N] [--quick]`: measure, keep, and show the table."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from app.layout import PROJECT
from benchmarks.cluster import measure_cluster
from benchmarks.driver import measure_driver
from benchmarks.grid import measure_grid
from benchmarks.inference import measure_inference
from benchmarks.machine import describe_machine, measure_load, read_revision
from benchmarks.record import Line, Machine, Record, Section, read_record, write_record
from benchmarks.sections import Plan
from benchmarks.serving import measure_serving
from benchmarks.tables import render_record, render_records, update_document
from benchmarks.training import measure_training
from benchmarks.turns import CommandError

SECTIONS: Mapping[str, Callable[[Plan], tuple[Line, ...]]] = {
    "grid": measure_grid,
    "training": measure_training,
    "inference": measure_inference,
    "driver": measure_driver,
    "cluster": measure_cluster,
    "serving": measure_serving,
}
FOLDER = PROJECT / "benchmarks"


def main(words: Sequence[str] | None = None) -> int:
    """Measure the sections asked for, one after the other; 1 if one of them could not be measured."""
    arguments = _parser().parse_args(words)
    repeats = arguments.repeats or (1 if arguments.quick else 3)
    revision, machine = read_revision(), describe_machine()
    path: Path = arguments.results / f"{machine.name}.json"
    earlier = read_record(path)
    sections = dict(earlier.sections) if earlier else {}
    if earlier:  # what a machine has once reached it can reach, whatever else it does today
        machine = machine.model_copy(update={"matrix_flops": _best(machine, earlier.machine)})
    failed = False
    for name in arguments.only:
        print(f"{name} ...", file=sys.stderr, flush=True)
        load, now = measure_load(), datetime.now(UTC).replace(microsecond=0)
        try:
            lines = SECTIONS[name](Plan(repeats, arguments.quick, machine.matrix_flops))
        except CommandError as error:
            print(f"{name}: {error}", file=sys.stderr)
            failed = True
            continue
        sections[name] = Section(
            measured=now,
            revision=revision,
            quick=arguments.quick,
            repeats=repeats,
            load=load,
            note=arguments.note,
            lines=lines,
        )
        write_record(Record(machine=machine, sections=sections), path)
    print(render_record(Record(machine=machine, sections=sections)))
    if arguments.results == FOLDER / "results" and sections:
        records = [record for file in arguments.results.glob("*.json") if (record := read_record(file))]
        update_document(FOLDER / "README.md", render_records(records))
    return int(failed)


def _best(now: Machine, before: Machine) -> dict[str, float]:
    return {name: max(flops, before.matrix_flops.get(name, 0.0)) for name, flops in now.matrix_flops.items()}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--only",
        type=_sections,
        default=tuple(SECTIONS),
        metavar="NAMES",
        help=f"some of {','.join(SECTIONS)}; what is left out stays as it was measured before",
    )
    parser.add_argument("--repeats", type=int, metavar="N", help="rounds, 3 unless told; with --quick 1")
    parser.add_argument("--quick", action="store_true", help="fewer and smaller lines, in some minutes")
    parser.add_argument("--note", default="", metavar="WORDS", help="what else a reader has to know of the conditions")
    parser.add_argument("--results", type=Path, default=FOLDER / "results", metavar="FOLDER", help=argparse.SUPPRESS)
    return parser


def _sections(text: str) -> tuple[str, ...]:
    names = tuple(text.split(","))
    if unknown := [name for name in names if name not in SECTIONS]:
        raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: not among {', '.join(SECTIONS)}")
    return names


if __name__ == "__main__":
    sys.exit(main())
