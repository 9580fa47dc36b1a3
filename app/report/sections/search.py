"""What the page of a search says: the best so far, what mattered, what was stopped early and what that saved."""

from __future__ import annotations

from urllib.parse import quote

from markupsafe import Markup

from app.errors import DataError
from app.layout import BenchmarkFolder
from app.report.page.markup import Cell, Column, Fragment, Table, link
from app.report.page.wording import counted, duration, listing, percent, plain, plain_name, score, setting
from app.report.sections.passages import fact_list
from app.report.statistics.importance import FEWEST, Importances
from app.trials import SearchRecord, TrialRecord, read_search

__all__ = [
    "importance_passage",
    "importance_table",
    "open_search",
    "saved_passage",
    "search_at_a_glance",
    "space_table",
    "stopped_table",
    "trial_table",
]

TRIALS = 400  # in a table
STATES = {"stopped": "stopped early"}


def open_search(folder: BenchmarkFolder) -> SearchRecord:
    """The record of the search in `folder`.

    Raises:
        DataError: there is none.
    """
    record = read_search(folder.search)
    if record is None:
        raise DataError(f"{folder.search}: there is no search here; make one with `python app.py sweep --config FILE`")
    return record


def search_at_a_glance(record: SearchRecord) -> Fragment:
    """What was found, and the handful of figures around it."""
    best, metric = record.best, _metric(record)
    if best is None:
        found = "No trial has come to its end yet." if record.trials else "No trial has been made yet."
    else:
        names = tuple(axis.name for axis in record.searched)
        found = f"The best of {counted(len(record.complete), 'complete trial')} reaches {metric} {score(best.value)}"
        found += f" with {_setting(best, names)}." if names else "."
    description = record.description.strip()
    sentences = [description if description.endswith((".", "!", "?")) else f"{description}."] if description else []
    if record.target is not None and best is not None and best.value is not None:
        reached = record.merit(best) >= (record.target if record.goal == "maximize" else -record.target)
        sentences.append(f"The target, {record.target:g}, {'was' if reached else 'has not been'} reached.")
    sentences.append(
        "One trial is one run with one seed: the best of many is partly luck. Run it with several seeds before it is "
        "believed; the leaderboard has its score on data that nothing was chosen by."
    )
    told = {state: sum(trial.state == state for trial in record.trials) for state in ("complete", "stopped", "failed")}
    others = len(record.trials) - sum(told.values())
    notes = [f"{told['complete']} complete", f"{told['stopped']} stopped early", f"{told['failed']} failed"]
    notes += [f"{others} not ended"] if others else []
    bound = record.run_cap or record.grid_size
    facts = [
        ("search", record.name, record.sampler),
        ("metric", metric, "the more the better" if record.goal == "maximize" else "the less the better"),
        ("trials", f"{len(record.trials)} of {bound}" if bound else str(len(record.trials)), ", ".join(notes)),
        ("stopping early", "hyperband" if record.bands else "none", _bands(record)),
    ]
    text = Markup('<p class="answer">{}</p><p class="further">{}</p>').format(found, " ".join(sentences))
    return Fragment(text + Markup('<dl class="facts">{}</dl>').format(fact_list(facts)))


def importance_passage(record: SearchRecord, measured: Importances | None) -> Fragment:
    """Which parameter mattered most, as far as the trials tell it."""
    return Fragment(Markup("<p>{}</p>").format(" ".join(_importance(record, measured))))


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
        f"Share of the variance of {_metric(record)} that each parameter explains by itself, by functional ANOVA on a "
        f"random forest fitted to {measured.trials} complete trials (Hutter et al. 2014).",
        (
            Column("parameter", "searched"),
            Column("explains", "mean over trees", number=True),
            Column("middle half", "of the trees", number=True),
        ),
        rows,
    )


def saved_passage(record: SearchRecord) -> Fragment:
    """What was stopped early, and what that saved."""
    return Fragment(Markup("<p>{}</p>").format(" ".join(_saved(record))))


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
                Cell(duration(_seconds_saved(trial)), key=_seconds_saved(trial)),
                Cell(trial.reason, kind="wide"),
                Cell(_run_link(folder, trial), kind="id"),
            )
        )
    return Table(
        "Trials that were stopped early.",
        (
            Column("trial"),
            Column("epochs", number=True),
            Column(_metric(record), "where it was stopped", number=True),
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
                _setting(trial, names),
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
            Column(_metric(record), number=True),
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
        f"The space of the search, {len(record.searched)} parameters with more than one value.",
        (Column("parameter"), Column("distribution"), Column("of", kind="wide")),
        rows,
    )


def _importance(record: SearchRecord, measured: Importances | None) -> list[str]:
    if not record.searched:
        return ["No parameter had more than one value."]
    if measured is None:
        number = len(record.complete)
        if number < FEWEST:
            return [
                f"{counted(number, 'complete trial')} cannot tell what mattered: at least {FEWEST} are needed, and "
                "with several parameters a few times as many."
            ]
        return ["The trials all came to the same value, or all had the same setting: nothing can have mattered."]
    first, *_ = measured.parameters
    sentences = [
        f"{plain_name(first.name).capitalize()} mattered most: by itself it explains {percent(first.share)} of the "
        f"variance, in half of the trees {percent(first.low)} to {percent(first.high)}."
    ]
    if measured.known <= 0:
        sentences = [
            "The trials do not tell what mattered: trials that the forest has not seen are predicted no better by it "
            "than by their mean. The shares below are what it made of noise."
        ]
    elif measured.known < 0.3:
        sentences.append(
            f"The forest explains {percent(measured.known)} of what it has not seen: take the order with caution."
        )
    if measured.trials < 10 * len(measured.parameters):
        parameters = counted(len(measured.parameters), "parameter")
        sentences.append(f"{measured.trials} trials are few for {parameters}; more would be surer.")
    if record.stopped:
        sentences.append("Trials that were stopped early take no part, so what made them bad is told too small.")
    return sentences


def _saved(record: SearchRecord) -> list[str]:
    if not record.bands:
        return ["The sweep asks for no early stopping: every trial was trained to its end."]
    if not record.stopped:
        return ["No trial was stopped early."]
    stopped = record.stopped
    planned = sum(trial.epochs or 0 for trial in record.complete + stopped)
    spared = sum(_epochs_saved(trial) for trial in stopped)
    seconds = sum(_seconds_saved(trial) or 0.0 for trial in stopped)
    text = f"{counted(len(stopped), 'trial')} of {counted(len(record.complete) + len(stopped), 'trial')} "
    text += (
        f"{'was' if len(stopped) == 1 else 'were'} stopped early. That saved {counted(spared, 'epoch')} of {planned}"
    )
    text += f" ({percent(spared / planned)})" if planned else ""
    return [
        f"{text}, an estimated {duration(seconds)}: each stopped trial would have gone on at the pace it had, its "
        "set-up counted in.",
        "Whether one of them would have come out best in the end is not known.",
    ]


def _epochs_saved(trial: TrialRecord) -> int:
    return max(0, (trial.epochs or 0) - (trial.epochs_trained or 0))


def _seconds_saved(trial: TrialRecord) -> float | None:
    if trial.seconds is None or not trial.epochs_trained:
        return None
    return trial.seconds / trial.epochs_trained * _epochs_saved(trial)


def _most_telling(record: SearchRecord) -> list[TrialRecord]:
    if len(record.trials) <= TRIALS:
        return list(record.trials)
    best = sorted(record.complete, key=lambda trial: -record.merit(trial))[:TRIALS]
    return sorted(best, key=lambda trial: trial.number)


def _run_link(folder: BenchmarkFolder, trial: TrialRecord) -> Markup | str:
    if trial.run_id and folder.run(trial.run_id).page.exists():
        return link(f"runs/{quote(trial.run_id)}/notebook.html", trial.run_id)
    return trial.run_id


def _setting(trial: TrialRecord, names: tuple[str, ...]) -> str:
    """The values of its parameters, numbers in four digits: search.json has them whole."""
    told = {n: float(f"{v:.4g}") if isinstance(v, float) else v for n, v in trial.values.items() if n in names}
    return setting(told, names)


def _metric(record: SearchRecord) -> str:
    return record.metric


def _bands(record: SearchRecord) -> str:
    if not record.bands:
        return "every trial is trained to its end"
    return f"one in {record.eta:g} goes on after {listing([str(band) for band in record.bands])} epochs"


def _fields(fields: object) -> str:
    if not isinstance(fields, dict):
        return ""
    return ", ".join(
        f"{name} {', '.join(map(plain, value)) if isinstance(value, list) else plain(value)}"
        for name, value in fields.items()
    )
