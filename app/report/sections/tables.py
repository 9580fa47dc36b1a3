"""The report's tables, each made from the record and its standings."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from urllib.parse import quote

from markupsafe import Markup

from app.report.gather import Entry, Record
from app.report.page.markup import Cell, Column, Fragment, Table, link
from app.report.page.wording import count, duration, energy, interval, memory, metric_name, rate, score, setting
from app.report.statistics.comparison import Difference
from app.report.statistics.leaderboard import varied_hyperparameters
from app.report.statistics.standings import COMPARED, Standing

__all__ = ["divergent_table", "leaderboard_table", "run_table", "stopped_table", "unfinished_table"]


STATES = {"stopped": "stopped early"}  # in words, where they are others
LEADERS = 100  # architectures in a table
SEEDS = 12  # of an architecture that the leaderboard links to
RUNS = 400  # in a table of runs
NO_RECORD = "no whole result.json: not run yet, or interrupted"


def leaderboard_table(record: Record, standings: Sequence[Standing]) -> Table:
    """The best architectures, each at its best setting; each seed's score leads to its run."""
    compared = f" Intervals are computed for the first {COMPARED}." if len(standings) > COMPARED else ""
    standings, beyond = standings[:LEADERS], len(standings) - LEADERS
    primary = record.primary
    varied = varied_hyperparameters(record.complete)
    name, split = (metric_name(primary.name, record.dataset.kind), primary.split) if primary else ("score", "test")
    sign = -1.0 if primary and primary.direction == "min" else 1.0
    best = next((standing.row.score for standing in standings), math.nan)
    baseline = next((s.row.score for s in standings if s.row.is_baseline and math.isfinite(s.row.score)), math.nan)
    rows = []
    for standing in standings:
        row = standing.row
        chosen = setting(row.hyperparameters, varied)
        leader = standing is standings[0] and bool(row.position)
        rows.append(
            (
                Cell(row.architecture, chosen or ("baseline" if row.is_baseline else "")),
                _rank(standing),
                Cell(score(row.score), _shortfall(standing), "" if row.runs else "failed", key=row.score),
                Cell(
                    interval(standing.interval),
                    _deviation(standing),
                    key=standing.interval.low if standing.interval else None,
                ),
                Cell(_seeds(standing), kind="seeds") if row.runs else Cell(row.reason or "", kind="failed wide"),
                Cell("", key=0.0) if leader else _distance(standing.behind, sign * (best - row.score), "within noise"),
                "" if row.is_baseline else _distance(standing.ahead, sign * (row.score - baseline), "within noise"),
                *_costs(standing),
            )
        )
    return Table(
        f"Best setting of each architecture, chosen by mean {name} on validation; scores are means over seeds on "
        f"{split}. Those that cannot be told apart share a rank. Costs are means over the same runs "
        "and lead to the first of them." + compared + _left_out(beyond, "architectures"),
        (
            Column("architecture", "setting"),
            Column("rank", "left open", number=True),
            Column(name, split, number=True),
            Column("95 % interval", "and spread of seeds", number=True),
            Column("each seed", "links to runs", ordered=False),
            Column("behind the best", "95 % interval", number=True),
            Column("over baseline", "95 % interval", number=True),
            Column("parameters", "on disk", number=True),
            Column("training", "rows/s", number=True),
            Column("latency", "median, p95", number=True),
            Column("memory", "energy", number=True),
        ),
        rows,
        [_kind(standing) for standing in standings],
        sortable=True,
        filterable=True,
    )


def run_table(record: Record) -> Table:
    """Every planned run, with its score where it has one; of very many, those that did best on validation."""
    names = tuple(dict.fromkeys(name for entry in record.entries for name in entry.plan.hyperparameters))
    varied = varied_hyperparameters(record.results) or names[:1]
    primary = record.primary
    rows = []
    for entry in _most_telling(record):
        result = entry.result
        value = result.primary.value if result and result.primary else None
        chosen = _validation(entry)
        state = STATES.get(entry.status, entry.status)
        rows.append(
            (
                entry.plan.architecture,
                setting(entry.plan.hyperparameters, varied),
                Cell(str(entry.plan.seed), key=entry.plan.seed),
                Cell(state, "divergent" if result and result.divergent else "", kind=entry.status),
                Cell(score(chosen), key=chosen),
                Cell(score(value), key=value),
                Cell(duration(result.seconds if result else None), key=result.seconds if result else None),
                Cell(_run_link(record, entry, entry.plan.run_id), kind="id"),
            )
        )
    return Table(
        f"All {len(record.entries)} planned runs, in the order of the plan."
        if len(rows) == len(record.entries)
        else f"The {len(rows)} runs that did best on validation, in the order of the plan."
        + _left_out(len(record.entries) - len(rows), "planned runs"),
        (
            Column("architecture"),
            Column("setting", kind="told"),
            Column("seed", number=True),
            Column("status"),
            Column("validation", metric_name(primary.name, record.dataset.kind) if primary else "", number=True),
            Column(
                primary.split if primary else "test",
                metric_name(primary.name, record.dataset.kind) if primary else "",
                number=True,
            ),
            Column("took", number=True),
            Column("run"),
        ),
        rows,
        sortable=True,
        filterable=True,
    )


def unfinished_table(record: Record) -> Table | Fragment:
    """The runs without a score, each with its cause; a sentence where there are none."""
    unfinished = record.unfinished
    if not unfinished:
        others = " that was not stopped early" if record.stopped else ""
        return Fragment(Markup("<p>Every planned run{} ended with a score.</p>").format(others))
    rows = []
    # what has failed says more than what has not been made
    for entry in sorted(unfinished, key=lambda entry: entry.result is None)[:RUNS]:
        error = entry.result.error if entry.result else None
        cause = f"{error.kind}: {error.message}" if error else entry.damage or NO_RECORD
        cell = str(error.cell) if error and error.cell is not None else "–"
        link_cell = Cell(_run_link(record, entry, entry.plan.run_id), kind="id")
        rows.append((link_cell, Cell(entry.status, kind=entry.status), Cell(cause, kind="wide"), cell))
    return Table(
        f"{len(unfinished)} of {len(record.entries)} runs have no score."
        + _left_out(len(unfinished) - len(rows), "of them"),
        (Column("run"), Column("status"), Column("cause"), Column("cell", number=True)),
        rows,
    )


def stopped_table(record: Record) -> Table | Fragment:
    """The runs that a search ended early, each with its reason; empty where there are none."""
    if not record.stopped:
        return Fragment(Markup(""))
    rows = []
    for entry in record.stopped[:RUNS]:
        error = entry.result.error if entry.result else None
        name = Cell(_run_link(record, entry, entry.plan.run_id), kind="id")
        rows.append((name, Cell(error.message if error else "", kind="wide")))
    return Table(
        f"{len(record.stopped)} of {len(record.entries)} runs were stopped early by the search, which is no fault of "
        "theirs. They take no part in the leaderboard." + _left_out(len(record.stopped) - len(rows), "of them"),
        (Column("run"), Column("why")),
        rows,
    )


def divergent_table(record: Record) -> Table | Fragment:
    """The runs whose training came to nothing, each with what was seen; a sentence where there are none."""
    divergent = [entry for entry in record.entries if entry.result and entry.result.divergent]
    if not divergent:
        return Fragment(Markup("<p>{}</p>").format("No training is known to have diverged." if record.complete else ""))
    rows = []
    for entry in divergent[:RUNS]:
        result = entry.result
        value = result.primary.value if result and result.primary else None
        name = Cell(_run_link(record, entry, entry.plan.run_id), kind="id")
        rows.append((name, Cell((result.divergent if result else None) or "", kind="wide"), score(value)))
    primary = record.primary
    return Table(
        f"{len(divergent)} of {len(record.entries)} runs are divergent: they ended, and learned nothing. Their scores "
        "count wherever their setting is shown." + _left_out(len(divergent) - len(rows), "of them"),
        (
            Column("run"),
            Column("what was seen"),
            Column(
                primary.split if primary else "test",
                metric_name(primary.name, record.dataset.kind) if primary else "",
                number=True,
            ),
        ),
        rows,
    )


def _left_out(number: int, what: str) -> str:
    return f" {number:,} more {what} are left out here; results.csv has every run." if number > 0 else ""


def _validation(entry: Entry) -> float | None:
    result = entry.result
    return result.metrics.get("validation", {}).get(result.primary.name) if result and result.primary else None


def _most_telling(record: Record) -> Sequence[Entry]:
    """All entries, or the `RUNS` best on validation where there are more, in the order of the plan."""
    if len(record.entries) <= RUNS:
        return record.entries
    sign = -1.0 if record.primary and record.primary.direction == "min" else 1.0
    values = [_validation(entry) for entry in record.entries]
    ranks = [-sign * value if value is not None and math.isfinite(value) else math.inf for value in values]
    best = sorted(range(len(ranks)), key=ranks.__getitem__)[:RUNS]
    return [record.entries[place] for place in sorted(best)]


def _seeds(standing: Standing) -> Markup:
    links = (
        link(_address(run.run_id), score(value))
        for run, value in itertools.islice(zip(standing.row.runs, standing.row.scores, strict=True), SEEDS)
    )
    beyond = standing.row.seeds - SEEDS
    return Markup(" ").join([*links, Markup("and {} more").format(beyond)] if beyond > 0 else links)


def _run_link(record: Record, entry: Entry, text: str) -> Markup | str:
    exists = record.folder.run(entry.plan.run_id).page.exists()
    return link(_address(entry.plan.run_id), text) if exists else text


def _address(run_id: str) -> str:
    return f"runs/{quote(run_id)}/notebook.html"


def _rank(standing: Standing) -> Cell:
    """The rank, shared by those that cannot be told apart, and the places it leaves open; else the bare place."""
    if standing.ranks is None:
        place = standing.row.position
        return Cell(str(place) if place else "–", "by score alone" if place else "", key=place)
    first, last = standing.ranks.first, standing.ranks.last
    return Cell(str(first), f"{first} to {last}" if last > first else "", key=first)


def _deviation(standing: Standing) -> str:
    """How far the seeds lie apart, kept from what the examples leave open."""
    if standing.estimate is None or standing.row.is_baseline:
        return ""
    deviation = standing.estimate.deviation
    return "one seed" if deviation is None else f"seeds ± {score(deviation)}"


def _distance(difference: Difference | None, plain: float, otherwise: str) -> Cell:
    """How far one is ahead of another, with the interval of that; marked where it is not more than noise."""
    if difference is None:
        return Cell(score(plain), key=plain)
    bounds = interval(difference)
    note = bounds if difference.is_real else f"{bounds}, {otherwise}"
    return Cell(score(difference.estimate), note, key=difference.estimate)


def _costs(standing: Standing) -> tuple[Cell, ...]:
    """What it costs, each figure leading to the run of the first seed, where it was measured."""
    row = standing.row
    if not row.runs:
        return (Cell("–"),) * 4
    address = _address(row.runs[0].run_id)
    figures = (
        (count(row.parameters), memory(row.model_bytes) if row.model_bytes else "", row.parameters),
        (duration(row.train_seconds), rate(row.train_samples_per_second), row.train_seconds),
        (duration(row.latency_seconds), duration(row.latency_p95_seconds), row.latency_seconds),
        (
            memory(row.peak_memory_bytes),
            energy(row.energy_joules) if row.energy_joules is not None else "",
            row.peak_memory_bytes,
        ),
    )
    return tuple(Cell(link(address, value), note, "cost", key=key) for value, note, key in figures)


def _shortfall(standing: Standing) -> str:
    """What stands against the score: runs that have none, and runs whose training came to nothing."""
    row = standing.row
    lacking = row.failed + row.missing
    words = [f"{lacking} {'run' if lacking == 1 else 'runs'} without"] if lacking else []
    words += [f"{len(row.divergent)} of {row.seeds} divergent"] if row.divergent else []
    return ", ".join(words)


def _kind(standing: Standing) -> str:
    if standing.row.position == 1:
        return "best"
    return "baseline" if standing.row.is_baseline else ""
