"""The tables of a search: its space, what mattered, its trials."""

from __future__ import annotations

from urllib.parse import quote

from markupsafe import Markup

from app.layout import BenchmarkFolder
from app.report.page.markup import Cell, Column, Fragment, Table, link
from app.report.page.wording import counted, duration, percent, plain, plain_name, score, setting
from app.report.statistics.importance import Importances
from app.trials import SearchRecord, TrialRecord

__all__ = ["importance_table", "space_table", "stopped_table", "trial_setting", "trial_table"]

TRIALS = 400  # in a table
STATES = {"stopped": "stopped early"}


def importance_table(record: SearchRecord, measured: Importances | None) -> Table | Fragment:
    """How much each parameter explains; empty where the trials cannot tell it."""
    if measured is None:
        return Fragment(Markup(""))
    fields = {axis.name: axis.fields for axis in record.space}
    rows = [
        (
            Cell(plain_name(item.name), _fields(fields[item.name])),
            Cell(percent(item.share), key=item.share),
            f"{percent(item.low)} to {percent(item.high)}",
        )
        for item in measured.parameters
    ]
    rows.append((Cell("together", "only in combination"), Cell(percent(measured.together), key=measured.together), "–"))
    return Table(
        f"Share of the variance of {record.metric} that each parameter explains by itself, by functional ANOVA on a "
        f"random forest fitted to {measured.trials} complete trials (Hutter et al. 2014).",
        (
            Column("parameter", "searched"),
            Column("explains", "mean over trees", number=True),
            Column("middle half", "of the trees", number=True),
        ),
        rows,
    )


def stopped_table(folder: BenchmarkFolder, record: SearchRecord) -> Table | Fragment:
    """Every trial that was stopped, with what it had left; empty where there is none."""
    if not record.stopped:
        return Fragment(Markup(""))
    rows = []
    for trial in record.stopped[:TRIALS]:
        epochs = f"{trial.epochs_trained} of {trial.epochs}" if trial.epochs else "–"
        rows.append(
            (
                Cell(str(trial.number), key=trial.number),
                Cell(epochs, key=trial.epochs_trained),
                Cell(score(trial.value), key=trial.value),
                Cell(duration(trial.seconds_saved), key=trial.seconds_saved),
                Cell(trial.reason, kind="wide"),
                Cell(_run_link(folder, trial), kind="id"),
            )
        )
    return Table(
        "Trials that were stopped early.",
        (
            Column("trial"),
            Column("epochs", number=True),
            Column(record.metric, "where it was stopped", number=True),
            Column("saved", "estimated", number=True),
            Column("why"),
            Column("run"),
        ),
        rows,
        sortable=True,
    )


def trial_table(folder: BenchmarkFolder, record: SearchRecord) -> Table | Fragment:
    """All trials, each with its setting and its run; of very many, the best and the last."""
    if not record.trials:
        return Fragment(Markup(""))
    names = tuple(axis.name for axis in record.searched)
    shown = _most_telling(record)
    rows = []
    for trial in shown:
        state = STATES.get(trial.state, trial.state)
        rows.append(
            (
                Cell(str(trial.number), key=trial.number),
                Cell(state, trial.reason if trial.state == "failed" else "", kind=trial.state),
                Cell(score(trial.value), key=trial.value),
                trial_setting(trial, names),
                Cell(str(trial.epochs_trained or "–"), key=trial.epochs_trained),
                Cell(duration(trial.seconds), key=trial.seconds),
                Cell(_run_link(folder, trial), kind="id"),
            )
        )
    best = record.best
    left_out = len(record.trials) - len(shown)
    return Table(
        f"{'The best' if left_out else 'All'} {len(shown)} trials."
        + (f" {left_out:,} more are left out here; search.json has every trial." if left_out else ""),
        (
            Column("trial"),
            Column("state"),
            Column(record.metric, number=True),
            Column("setting", kind="wide"),
            Column("epochs", "trained", number=True),
            Column("took", number=True),
            Column("run"),
        ),
        rows,
        ["best" if best is not None and trial.number == best.number else "" for trial in shown],
        sortable=True,
        filterable=True,
    )


def space_table(record: SearchRecord) -> Table:
    """What was searched: every parameter with its distribution."""
    rows = [(plain_name(axis.name), plain_name(axis.distribution), _fields(axis.fields)) for axis in record.space]
    return Table(
        f"The space of the search: {counted(len(record.searched), 'parameter')} with more than one value.",
        (Column("parameter"), Column("distribution"), Column("of", kind="wide")),
        rows,
    )


def trial_setting(trial: TrialRecord, names: tuple[str, ...]) -> str:
    """The values of its parameters, numbers in four digits: search.json has them whole."""
    told = {n: float(f"{v:.4g}") if isinstance(v, float) else v for n, v in trial.values.items() if n in names}
    return setting(told, names)


def _most_telling(record: SearchRecord) -> list[TrialRecord]:
    if len(record.trials) <= TRIALS:
        return list(record.trials)
    best = sorted(record.complete, key=lambda trial: -record.merit(trial))[:TRIALS]
    return sorted(best, key=lambda trial: trial.number)


def _run_link(folder: BenchmarkFolder, trial: TrialRecord) -> Markup | str:
    if trial.run_id and folder.run(trial.run_id).page.exists():
        return link(f"runs/{quote(trial.run_id)}/notebook.html", trial.run_id)
    return trial.run_id


def _fields(fields: object) -> str:
    if not isinstance(fields, dict):
        return ""
    return ", ".join(
        f"{name} {', '.join(map(plain, value)) if isinstance(value, list) else plain(value)}"
        for name, value in fields.items()
    )
