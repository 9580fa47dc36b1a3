"""A record as a table of Markdown, and its place in a document."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks.record import Entry, Line, Record, Section

__all__ = ["BEGIN", "END", "render_record", "render_records", "update_document"]

BEGIN, END = "<!-- results: written by python -m benchmarks -->", "<!-- end of results -->"
TITLES = {
    "grid": "A grid of tiny runs",
    "training": "Training",
    "inference": "Inference",
    "driver": "The driver alone",
    "cluster": "On a Ray cluster",
    "serving": "The API",
}


def render_records(records: Sequence[Record]) -> str:
    """All machines, the one that was measured last first."""
    known = [record for record in records if record.sections]
    ordered = sorted(known, key=lambda record: max(section.measured for section in record.sections.values()))
    return "\n\n".join(render_record(record) for record in reversed(ordered))


def render_record(record: Record) -> str:
    """The machine in a paragraph, and a table for each section that was measured."""
    machine = record.machine
    limits = ", ".join(f"{name} {flops / 1e9:,.0f} GFLOP/s" for name, flops in machine.matrix_flops.items())
    versions = ", ".join(f"{name} {version}" for name, version in machine.versions.items())
    parts = [
        f"### {machine.cpu}, {'' if machine.bf16_in_hardware else 'no '}bf16 in hardware",
        f"{machine.cores} cores, {machine.memory_bytes / 2**30:.0f} GiB"
        f"{f', {machine.gpu}' if machine.gpu else ', no GPU'}; {machine.system}; {versions}. "
        f"Matrix product: {limits}.",
    ]
    for name, title in TITLES.items():
        if name in record.sections:
            parts += [f"#### {title}", _conditions(record.sections[name]), _table(record.sections[name])]
    return "\n\n".join(parts)


def update_document(path: Path, text: str) -> None:
    """Put `text` between the markers of the document at `path`.

    Raises:
        ValueError: it has no markers.
    """
    document = path.read_text(encoding="utf-8")
    if document.count(BEGIN) != 1 or document.count(END) != 1:
        raise ValueError(f"{path}: needs the lines {BEGIN} and {END}, once each")
    head, _, rest = document.partition(BEGIN)
    path.write_text(f"{head}{BEGIN}\n\n{text}\n\n{END}{rest.partition(END)[2]}", encoding="utf-8")


def _conditions(section: Section) -> str:
    rounds = "one round" if section.repeats == 1 else f"median of {section.repeats} rounds"
    words = [
        f"Measured {section.measured:%Y-%m-%d} at revision {section.revision}",
        f"{rounds}{', --quick' if section.quick else ''}",
        f"other programs took {section.load:.1f} cores as it began",
        *([section.note] if section.note else []),
    ]
    return "; ".join(words) + "."


def _table(section: Section) -> str:
    rows = [_row(line, entry) for line in section.lines for entry in line.entries]
    headings = ("what", "by", "median", "lowest to highest", "ours is faster by", "peak memory", "of the limit")
    used = [place for place in range(len(headings)) if place < 3 or any(row[place] for row in rows)]
    lines = [[headings[place] for place in used], ["---" if place < 2 else "---:" for place in used]]
    lines += [[row[place] for place in used] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _row(line: Line, entry: Entry) -> tuple[str, ...]:
    ours = entry is line.entries[0]
    spread, ratio = entry.spread, None if ours else line.advantage(entry)
    target = f" (to stay under: {_number(entry.target)})" if entry.target is not None else ""
    several = len(entry.values) > 1
    return (
        line.name if ours else "",
        entry.who,
        f"{_number(spread.median)} {line.unit}{target}",
        f"{_number(spread.low)} to {_number(spread.high)}" if several else "",
        f"{ratio.median:.2f}x" + (f" ({ratio.low:.2f} to {ratio.high:.2f})" if several else "") if ratio else "",
        f"{entry.peak_memory_bytes / 2**20:,.0f} MiB" if entry.peak_memory_bytes else "",
        f"{entry.share_of_limit:.0%} of {entry.precision}".replace("%", " %") if entry.share_of_limit else "",
    )


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
