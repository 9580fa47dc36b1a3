"""Where the figures come from: what made them, when, and what stands against comparing them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from markupsafe import Markup

from app.report.attempts import describe_attempts
from app.report.gather import Record
from app.report.page.markup import Cell, Column, Fragment, Table
from app.report.page.wording import duration, listing, moment
from app.report.sections.passages import fact_list
from app.report.statistics.leaderboard import Row
from app.report.statistics.standings import Standing
from app.results import RunResult

__all__ = ["origin_facts", "run_count_table", "warnings"]

LEADERS = 100  # architectures in a table
SEEDS = 12  # that are listed
ATTEMPTS = 12  # runs whose earlier attempts are told
ENVIRONMENT = {"cpu": "processor", "python": "Python", "git": "git revision"}
OF_MODELS = ("device", "precision", "torch", "transformers")  # a baseline computes in its own way


def origin_facts(record: Record) -> Fragment:
    """When the runs were made and on what: time, machine, precision, versions, revision, data."""
    runs = record.complete
    facts = []
    if runs:
        began, ended = min(run.started for run in runs), max(run.finished for run in runs)
        spent = sum((run.finished - run.started for run in runs), timedelta()).total_seconds()
        facts = [
            ("first run begun", moment(began), ""),
            ("last run ended", moment(ended), f"{duration((ended - began).total_seconds())} later"),
            ("all runs together", duration(spent), f"{len(runs)} of {len(record.entries)} with a score"),
        ]
    for name, counts in _environment(runs).items():
        if counts:
            facts.append((ENVIRONMENT.get(name, name), *_most(counts)))
    prints = Counter(run.dataset.fingerprint for run in runs if run.dataset) or Counter([record.dataset.fingerprint])
    facts.append(("fingerprint of the data", *_most(prints)))
    facts += [("this project", record.version, "")] if record.version else []
    return Fragment(Markup('<dl class="facts">{}</dl>').format(fact_list(facts)))


def run_count_table(standings: Sequence[Standing]) -> Table:
    """How many runs and which seeds stand behind each architecture, and whether the machine was its own."""
    rows = []
    for row in (standing.row for standing in standings[:LEADERS]):
        seeds = [str(run.seed) for run in row.runs]
        lacking = row.failed + row.missing
        beyond = f" and {len(seeds) - SEEDS} more" if len(seeds) > SEEDS else ""
        rows.append(
            (
                row.architecture,
                Cell(f"{row.seeds}", ", ".join(seeds[:SEEDS]) + beyond),
                Cell(str(len(row.divergent)) if row.divergent else "–", kind="failed" if row.divergent else ""),
                Cell(
                    f"{row.failed} failed, {row.missing} missing" if lacking else "–", kind="failed" if lacking else ""
                ),
                _alone(row, lambda row: row.training_exclusive),
                _alone(row, lambda row: row.exclusive),
            )
        )
    left_out = len(standings) - LEADERS
    return Table(
        "What stands behind each architecture at its best setting; runs without a score are of all settings."
        + (f" {left_out:,} more architectures are left out here; results.csv has every run." if left_out > 0 else ""),
        (
            Column("architecture"),
            Column("seeds", "at the best setting", number=True),
            Column("divergent", "of them", number=True),
            Column("without a score"),
            Column("training", "machine to itself"),
            Column("inference", "machine to itself"),
        ),
        rows,
    )


def warnings(record: Record, standings: Sequence[Standing]) -> Fragment:
    """What a reader should know before comparing these figures; a sentence where there is nothing."""
    rows = [standing.row for standing in standings]
    found = [*_of_timings(rows), *_of_mixtures(record), *_of_scores(record, rows), *_of_attempts(record)]
    if not found:
        text = "All runs had the same versions, revision and data, and all timings the machine to themselves."
        return Fragment(Markup("<p>{}</p>").format(text if record.complete else "No run has ended with a score."))
    items = Markup("").join(Markup("<li>{}</li>").format(text) for text in found)
    return Fragment(Markup('<div class="warning"><ul>{}</ul></div>').format(items))


def _of_timings(rows: Sequence[Row]) -> list[str]:
    found = []
    shared = [row.architecture for row in rows if row.runs and not row.exclusive]
    if shared:
        found.append(f"Timings of {listing(shared)} were taken while the machine was shared; do not rank by them.")
    beside = [row.architecture for row in rows if row.runs and row.exclusive and not row.training_exclusive]
    if beside:
        found.append(
            f"Training times of {listing(beside)} were taken beside other runs, several workers at a time; do not "
            "rank by them. Inference was measured with the machine to itself."
        )
    return found


def _of_mixtures(record: Record) -> list[str]:
    """Versions, machines, revisions and data of which there should be one."""
    found = []
    for name, counts in _environment(record.complete).items():
        if len(counts) > 1 and name == "git":
            found.append(f"Runs were made at different git revisions: {_counted(counts)}.")
        elif len(counts) > 1:
            found.append(f"Runs were made with different values of {name}: {_counted(counts)}.")
    if any(run.environment.git.endswith("+") for run in record.complete):
        found.append("Some runs were made with changes that no git revision has: the sign + behind it says so.")
    prints = Counter(run.dataset.fingerprint for run in record.complete if run.dataset)
    if len(prints) > 1:
        found.append(f"Runs were made on different data, by their fingerprints: {_counted(prints)}.")
    return found


def _of_scores(record: Record, rows: Sequence[Row]) -> list[str]:
    found = []
    for row in (row for row in rows if row.divergent):
        several = len(row.divergent) > 1
        found.append(
            f"{len(row.divergent)} of {row.seeds} runs of {row.architecture} {'are' if several else 'is'} divergent "
            f"({listing(sorted(set(row.divergent)))}). Its mean holds {'them' if several else 'it'}: look at each seed."
        )
    scored = {count for result in record.complete for count in result.tokens.values()}
    if len(scored) > 1 and record.primary and record.primary.name != "bits_per_character":
        found.append(
            "Models were scored on different tokens, since their vocabularies differ: their perplexities and losses do "
            "not compare. Rank by bits_per_character, where the task has it."
        )
    uneven = [row.architecture for row in rows if row.runs and not row.is_baseline and row.failed + row.missing]
    if uneven:
        found.append(f"Some runs of {listing(uneven)} have no score: fewer seeds or settings stand behind the place.")
    return found


def _of_attempts(record: Record) -> list[str]:
    """Runs that did not come to their score at the first attempt, each with what happened before."""
    told = [(run.run_id, describe_attempts(run)) for run in record.complete]
    found = [f"{run_id}: {' '.join(sentences)}" for run_id, sentences in told if sentences]
    beyond = len(found) - ATTEMPTS
    return found[:ATTEMPTS] + ([f"So it was with {beyond:,} more runs, as their pages tell."] if beyond > 0 else [])


def _environment(runs: Sequence[RunResult]) -> Mapping[str, Counter[str]]:
    """Part -> each of its values, with the number of runs; device, precision and engines are those of models."""
    models = [run for run in runs if run.hyperparameters] or runs
    counts: dict[str, Counter[str]] = {}
    for part in ("cpu", "device", "precision", "python", "torch", "transformers", "git"):
        values = (getattr(run.environment, part) for run in (models if part in OF_MODELS else runs))
        counts[part] = Counter(value for value in values if value)
    return counts


def _most(counts: Mapping[str, int]) -> tuple[str, str]:
    """The most frequent value, and what the others are."""
    value, *others = sorted(counts, key=lambda name: -counts[name])
    return value, f"and {_counted({name: counts[name] for name in others})}" if others else ""


def _counted(counts: Mapping[str, int]) -> str:
    return listing(
        [f"{value} ({counts[value]:,} {'run' if counts[value] == 1 else 'runs'})" for value in sorted(counts)]
    )


def _alone(row: Row, is_alone: Callable[[Row], bool]) -> Cell:
    if not row.runs:
        return Cell("–")
    return Cell("yes") if is_alone(row) else Cell("no", kind="failed")
