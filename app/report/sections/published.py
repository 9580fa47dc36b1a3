"""Measured against published: where a score of others differs from this benchmark's by more than seeds explain."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from markupsafe import Markup

from app.config import load_architectures
from app.report.gather import Record
from app.report.page.markup import Cell, Column, Fragment, Table
from app.report.page.wording import interval, listing, metric_name, score, signed
from app.report.references import Figure, PublishedData, Source, load_references
from app.report.statistics.intervals import Interval, prediction_interval
from app.report.statistics.leaderboard import Row
from app.report.statistics.standings import Standing

__all__ = ["Comparison", "Verdict", "compare_published", "judge", "published_table"]

LINES = 100  # of the table
ROUNDING = 5e-5  # published scores have two digits after the point at most
OTHER_SPLIT: Mapping[str, str] = {"test": "validation", "validation": "test"}


class Verdict(StrEnum):
    """What the seeds say of a published score."""

    ONE_SEED = "one seed cannot tell"
    WITHIN = "within what seeds explain"
    BEYOND = "differs by more than seeds explain"


def judge(published: float, scores: Sequence[float]) -> Verdict:
    """Whether `published` could be the score of one more seed, as the 95 % prediction interval has it.

    With no true difference, one comparison in twenty says BEYOND. The published score is taken for that of a single
    run: one that is a mean or a median moves less than a run does, so that BEYOND is then said more rarely still.
    """
    within = prediction_interval(scores)
    if within is None:
        return Verdict.ONE_SEED
    is_within = within.low - ROUNDING <= published <= within.high + ROUNDING
    return Verdict.WITHIN if is_within else Verdict.BEYOND


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One published score beside the measured ones, all between 0 and 1 (a correlation between -1 and 1)."""

    architecture: str
    checkpoint: str  # of the published score
    by_name: bool  # the weights came from elsewhere, and are taken for that checkpoint by the architecture's name
    figure: Figure
    source: Source
    split: str  # of the measured scores
    scores: tuple[float, ...]  # one a seed, at the best setting

    @property
    def published(self) -> float:
        return self.figure.value / 100

    @property
    def difference(self) -> float:
        """The measured mean minus the published score."""
        return statistics.fmean(self.scores) - self.published

    @property
    def one_more(self) -> Interval | None:
        """Where the score of one more seed would lie."""
        return prediction_interval(self.scores)

    @property
    def verdict(self) -> Verdict:
        return judge(self.published, self.scores)

    @property
    def is_like_with_like(self) -> bool:
        """Whether both are of the same split, and neither is the best of several."""
        return self.split == self.figure.split and self.source.statistic != "best"


def compare_published(record: Record, standings: Sequence[Standing]) -> tuple[Comparison, ...]:
    """Every published score of a checkpoint that this benchmark fine-tuned, on the same data, by the same metric."""
    data = load_references().find(record.config.get("dataset") or {})
    if data is None:
        return ()
    found = []
    for row in (standing.row for standing in standings):
        checkpoint, by_name = _identify(row, data)
        for figure in data.figures:
            if figure.checkpoint != checkpoint:
                continue
            split, scores = _measured(record, row, figure)
            if scores:
                found.append(
                    Comparison(
                        architecture=row.architecture,
                        checkpoint=checkpoint,
                        by_name=by_name,
                        figure=figure,
                        source=load_references().sources[figure.source],
                        split=split,
                        scores=scores,
                    )
                )
    return tuple(found)


def published_table(record: Record, standings: Sequence[Standing]) -> Table | Fragment:
    """The comparisons, a line each, with their verdicts; a sentence where nothing is published."""
    if load_references().find(record.config.get("dataset") or {}) is None:
        return _sentence("No published scores are known for these data: config/references.yaml has none.")
    comparisons = compare_published(record, standings)
    if not comparisons:
        return _sentence("No published scores are known for these data and the weights that were fine-tuned here.")
    return Table(
        f"{_summary(comparisons)} Each published score is set beside the mean over seeds at the best setting; one more "
        f"seed would score inside the interval with 95 % confidence.{_limit(record)}{_left_out(comparisons)}",
        (
            Column("architecture"),
            Column("measured", "mean over seeds", number=True),
            Column("one more seed", "95 % interval", number=True),
            Column("published", number=True),
            Column("split"),
            Column("difference", number=True),
            Column("verdict", kind="told"),
            Column("published by", kind="told"),
        ),
        [_line(comparison) for comparison in comparisons[:LINES]],
    )


def _identify(row: Row, data: PublishedData) -> tuple[str, bool]:
    """The hub id of the weights a row started from, and whether only its name says so; empty from scratch."""
    given = next((run.checkpoint for run in row.runs if run.checkpoint), None)
    if given is None:
        return "", False
    table = load_architectures()
    known = [figure.checkpoint for figure in data.figures]
    known += [entry.checkpoint for entry in table.values() if entry.checkpoint]
    # the hub still answers to the short names that its oldest models had, such as bert-base-uncased
    short = {checkpoint.rpartition("/")[2]: checkpoint for checkpoint in known}
    if given in known or given in short:
        return short.get(given, given), False
    namesake = table.get(row.architecture)
    return (namesake.checkpoint or "" if namesake else ""), True


def _measured(record: Record, row: Row, figure: Figure) -> tuple[str, tuple[float, ...]]:
    """The split a figure is compared on, its own wherever that was scored, and the score of each seed there."""
    is_theirs = figure.split == "test" or not record.dataset.validation_from_train
    for split in (figure.split, OTHER_SPLIT[figure.split]) if is_theirs else (OTHER_SPLIT[figure.split],):
        scores = tuple(run.metrics.get(split, {}).get(figure.metric, math.nan) for run in row.runs)
        if scores and all(map(math.isfinite, scores)):
            return split, scores
    return figure.split, ()


def _summary(comparisons: Sequence[Comparison]) -> str:
    told = [comparison for comparison in comparisons if comparison.verdict is not Verdict.ONE_SEED]
    if not told:
        return "With one seed each, nothing can be told of these differences."
    comparable = [comparison for comparison in told if comparison.is_like_with_like]
    beyond = list(dict.fromkeys(item.architecture for item in comparable if item.verdict is Verdict.BEYOND))
    if beyond:
        return f"What is published of {listing(beyond)} differs from what was measured by more than seeds explain."
    if comparable:
        return "No published score of the same split differs from the measured ones by more than seeds explain."
    return "What is published is of another split, or the best of several: no plain comparison is possible."


def _limit(record: Record) -> str:
    limit = (record.config.get("dataset") or {}).get("limit")
    return f" Here at most {limit:,} rows of a split were used, which alone makes a difference." if limit else ""


def _left_out(comparisons: Sequence[Comparison]) -> str:
    beyond = len(comparisons) - LINES
    return f" {beyond:,} more of them are left out here." if beyond > 0 else ""


def _line(comparison: Comparison) -> tuple[Cell | str, ...]:
    figure, source, seeds = comparison.figure, comparison.source, len(comparison.scores)
    spread = f"{seeds} seeds, spread {score(statistics.stdev(comparison.scores))}" if seeds > 1 else "1 seed"
    is_theirs = comparison.split == figure.split
    remarks = []
    if comparison.verdict is not Verdict.ONE_SEED:
        remarks += [] if is_theirs else ["the splits differ"]
        remarks += ["the published one is the best of several"] if source.statistic == "best" else []
    return (
        Cell(comparison.architecture, f"taken for {comparison.checkpoint} by its name" if comparison.by_name else ""),
        Cell(score(statistics.fmean(comparison.scores)), metric_name(figure.metric)),
        Cell(interval(comparison.one_more), spread),
        Cell(score(comparison.published), "" if source.statistic == "unstated" else source.statistic),
        Cell(comparison.split, "" if is_theirs else f"theirs: {figure.split}"),
        signed(comparison.difference),
        Cell(comparison.verdict.value, ", ".join(remarks), "failed" if _alarms(comparison) else ""),
        Cell(Markup("/<wbr>").join(source.title.split("/")), source.note),
    )


def _alarms(comparison: Comparison) -> bool:
    return comparison.verdict is Verdict.BEYOND and comparison.is_like_with_like


def _sentence(text: str) -> Fragment:
    return Fragment(Markup("<p>{}</p>").format(text))
