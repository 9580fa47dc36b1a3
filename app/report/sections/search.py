"""What the page of a search says: the best so far, what mattered, what was stopped early and what that saved."""

from __future__ import annotations

from markupsafe import Markup

from app.errors import DataError
from app.layout import BenchmarkFolder
from app.report.page.markup import Fragment
from app.report.page.wording import counted, duration, listing, percent, plain_name, score
from app.report.sections.passages import fact_list
from app.report.sections.search_tables import trial_setting
from app.report.statistics.importance import FEWEST, Importances
from app.trials import SearchRecord, read_search

__all__ = [
    "importance_passage",
    "open_search",
    "saved_passage",
    "search_at_a_glance",
]


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
    best, metric = record.best, record.metric
    if best is None:
        found = "No trial has come to its end yet." if record.trials else "No trial has been made yet."
    else:
        names = tuple(axis.name for axis in record.searched)
        found = f"The best of {counted(len(record.complete), 'complete trial')} reaches {metric} {score(best.value)}"
        found += f" with {trial_setting(best, names)}." if names else "."
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


def saved_passage(record: SearchRecord) -> Fragment:
    """What was stopped early, and what that saved."""
    return Fragment(Markup("<p>{}</p>").format(" ".join(_saved(record))))


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
    spared = sum(trial.epochs_saved for trial in stopped)
    seconds = sum(trial.seconds_saved or 0.0 for trial in stopped)
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


def _bands(record: SearchRecord) -> str:
    if not record.bands:
        return "every trial is trained to its end"
    return f"one in {record.eta:g} goes on after {listing([str(band) for band in record.bands])} epochs"
