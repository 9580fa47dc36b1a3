"""What changed between two benchmarks, as a page shows it and as a gate reads it."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from urllib.parse import quote

from markupsafe import Markup

from app.report.gather import Record
from app.report.page.markup import Cell, Column, Fragment, Table, link
from app.report.page.wording import duration, interval, listing, memory, metric_name, moment, probability, score, signed
from app.report.sections.passages import fact_list
from app.report.statistics.changes import Change, Verdict
from app.report.statistics.leaderboard import Row
from app.results import write_atomically

__all__ = ["change_table", "changes_at_a_glance", "cost_change_table", "differences_between", "save_changes"]


def changes_at_a_glance(before: Record, after: Record, changes: Sequence[Change]) -> Fragment:
    """What became of the scores in a sentence, and what was set against what."""
    facts = [
        ("before", before.name, moment(before.written)),
        ("now", after.name, moment(after.written)),
    ]
    if after.primary:
        less = ", lower is better" if after.primary.direction == "min" else ""
        facts.append(
            ("ranked by", metric_name(after.primary.name, after.dataset.kind), f"on {after.primary.split}{less}")
        )
    words = Markup('<p class="answer">{}</p><p class="further">{}</p>').format(_sentence(changes), _pairing(changes))
    return Fragment(words + Markup('<dl class="facts">{}</dl>').format(fact_list(facts)))


def change_table(after: Record, changes: Sequence[Change]) -> Table:
    """Each architecture's score then and now, regressions first."""
    rows = []
    for change in changes:
        gain = change.gain
        rows.append(
            (
                change.architecture,
                _score(change.before),
                Cell(_linked(change.after), _seeds(change.after)),
                Cell(signed(gain.estimate), interval(gain)) if gain else "–",
                probability(gain.adjusted if gain else None),
                Cell(change.verdict.value, kind="failed" if change.verdict.is_regression else ""),
            )
        )
    metric = metric_name(after.primary.name, after.dataset.kind) if after.primary else "score"
    return Table(
        f"The best setting of each architecture in either benchmark, by {metric}. What is better by itself may be "
        "noise when all are asked about at once: the p-values are corrected for that (Holm).",
        (
            Column("architecture"),
            Column("before", metric, number=True),
            Column("now", metric, number=True),
            Column("better by", "95 % interval", number=True),
            Column("p", "corrected", number=True),
            Column("verdict", kind="told"),
        ),
        rows,
    )


def cost_change_table(changes: Sequence[Change]) -> Table | Fragment:
    """What both had to pay: as measured, without a verdict, since two machines are rarely alike."""
    both = [(change.architecture, change.before, change.after) for change in changes if change.before and change.after]
    rows = [
        (
            name,
            *_pair(before.train_seconds, after.train_seconds, duration),
            *_pair(before.latency_seconds, after.latency_seconds, duration),
            *_pair(before.peak_memory_bytes, after.peak_memory_bytes, memory),
        )
        for name, before, after in both
        if before.runs and after.runs
    ]
    if not rows:
        return Fragment(Markup("<p>No architecture has costs in both benchmarks.</p>"))
    return Table(
        "Costs then and now. They were measured once each: a change of some per cent may be the machine.",
        (
            Column("architecture"),
            *(
                Column(heading, when, number=True)
                for heading in ("training", "latency", "peak memory")
                for when in ("before", "now")
            ),
        ),
        rows,
    )


def differences_between(before: Record, after: Record) -> Fragment:
    """Where the two benchmarks are not alike beside their scores: data, settings, versions, machines."""
    found = []
    if before.dataset.fingerprint != after.dataset.fingerprint:
        found.append(
            f"The data differ: fingerprint {before.dataset.fingerprint} then, {after.dataset.fingerprint} now. Scores "
            "are compared example by example only where the scored rows are the same all the same."
        )
    parts = sorted(before.config.keys() | after.config.keys())
    changed = [part for part in parts if part != "name" and before.config.get(part) != after.config.get(part)]
    if changed:
        found.append(f"The configurations differ in {listing(changed)}.")
    for name in sorted(before.versions.keys() | after.versions.keys()):
        then, now = (", ".join(sorted(record.versions.get(name, ()))) or "not told" for record in (before, after))
        if then != now:
            found.append(f"{name}: {then} then, {now} now.")
    if not found:
        return Fragment(Markup("<p>Data, configuration, versions and machine are the same in both.</p>"))
    items = Markup("").join(Markup("<li>{}</li>").format(text) for text in found)
    return Fragment(Markup("<ul>{}</ul>").format(items))


def save_changes(after: Record, before: Record, changes: Sequence[Change]) -> Fragment:
    """Write comparison.json beside the page: what a gate asks, without reading a page."""
    document = {
        "schema": 1,
        "before": str(before.folder.path),
        "after": str(after.folder.path),
        "metric": after.primary.name if after.primary else None,
        "direction": after.primary.direction if after.primary else None,
        "regressions": [change.architecture for change in changes if change.verdict.is_regression],
        "changes": [_document(change) for change in changes],
    }
    path = after.folder.changes
    write_atomically(path, json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n")
    return Fragment(Markup("<p>The same as {}.</p>").format(link(path.name, path.name)))


def _document(change: Change) -> dict[str, object]:
    gain = change.gain
    return {
        "architecture": change.architecture,
        "verdict": change.verdict.value,
        "before": _finite(change.before.score) if change.before else None,
        "after": _finite(change.after.score) if change.after else None,
        "better_by": gain.estimate if gain else None,
        "low": gain.low if gain else None,
        "high": gain.high if gain else None,
        "p_value": gain.p_value if gain else None,
        "adjusted_p_value": gain.adjusted if gain else None,
        "is_paired": gain.is_paired if gain else None,
        "seeds_known": gain.seeds_known if gain else None,
    }


def _sentence(changes: Sequence[Change]) -> str:
    named = {verdict: [change.architecture for change in changes if change.verdict is verdict] for verdict in Verdict}
    worse, lost, better = named[Verdict.WORSE], named[Verdict.LOST], named[Verdict.BETTER]
    parts = []
    if worse:
        parts.append(f"{listing(worse)} {'is' if len(worse) == 1 else 'are'} worse by more than noise")
    if lost:
        parts.append(f"{listing(lost)} {'has' if len(lost) == 1 else 'have'} no score any more")
    if better:
        parts.append(f"{listing(better)} {'is' if len(better) == 1 else 'are'} better by more than noise")
    compared = sum(change.gain is not None for change in changes)
    if not parts:
        return (
            f"No score changed by more than noise; {compared} could be compared." if compared else "Nothing compares."
        )
    return f"{'; '.join(parts)}."


def _pairing(changes: Sequence[Change]) -> str:
    gains = [change.gain for change in changes if change.gain]
    if not gains:
        return ""
    paired = all(gain.is_paired for gain in gains)
    words = (
        "Both were scored on the same rows, which are compared one by one."
        if paired
        else "They were not scored on the same rows: a change has to be larger to be told from noise."
    )
    return words if all(gain.seeds_known for gain in gains) else f"{words} With one seed, what seeds do is not known."


def _score(row: Row | None) -> str:
    return score(row.score) if row else "–"


def _linked(row: Row | None) -> str | Markup:
    if row is None:
        return "–"
    return link(f"runs/{quote(row.runs[0].run_id)}/notebook.html", score(row.score)) if row.runs else score(row.score)


def _seeds(row: Row | None) -> str:
    return f"{row.seeds} {'run' if row.seeds == 1 else 'runs'}" if row and row.runs else ""


def _pair(before: float | None, after: float | None, wording: Callable[[float | None], str]) -> tuple[str, Cell]:
    """Both as words, and how many times the first the second is."""
    ratio = after / before if before and after else math.nan
    return wording(before), Cell(wording(after), f"× {ratio:.2f}" if math.isfinite(ratio) else "")


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
