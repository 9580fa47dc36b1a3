"""What the sections on mistakes are made from, and what they lack."""

from __future__ import annotations

from markupsafe import Markup

from app.report.answers import SEEDS, Answers
from app.report.examples import Examples
from app.report.gather import Record
from app.report.page.markup import Fragment
from app.report.page.wording import listing, rate
from app.tasks import LANGUAGE

__all__ = ["mistake_basis", "tell_remedy"]


def mistake_basis(record: Record, answers: Answers | None, examples: Examples | None) -> Fragment:
    """A sentence or three: whose answers are compared, on how many examples, and what could not be read."""
    if answers is None:
        return Fragment(Markup("<p>{}</p>").format("No predictions are there that could be compared."))
    split = record.primary.split if record.primary else "reported"
    what = "windows of the text" if answers.kind in LANGUAGE else f"examples of the {split} split"
    models = len(answers.models)
    told = [
        f"Compared on {rate(len(answers.ids))} {what}: "
        + (f"{models} {'model' if models == 1 else 'models'} at the best setting" if models else "baselines alone")
        + (f", the first {models} of {models + answers.beyond}" if answers.beyond else "")
        + (", and the best baseline." if models and answers.baseline else ".")
    ]
    if any(len(model.said) == SEEDS for model in answers.models):
        told.append(f"Of each the first {SEEDS} seeds count.")
    if answers.unread:
        unread = listing(list(answers.unread))
        told.append(f"Left out: {unread}, whose predictions are gone, altered or of other examples.")
    if examples is None:
        told.append(
            "Their texts are not shown: examples.parquet is absent, or of other data than these predictions. "
            + tell_remedy(record)
        )
    return Fragment(Markup("<p>{}</p>").format(" ".join(told)))


def tell_remedy(record: Record) -> str:
    """How to have the examples kept anew: by one run, the cheapest there is."""
    plan = [entry.plan for entry in record.entries]
    cheapest = next((run.architecture for run in plan if run.baseline), plan[0].architecture if plan else "NAME")
    return f"One run keeps them for all: python app.py --config FILE --force --architecture={cheapest}."
