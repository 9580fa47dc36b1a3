"""The examples that nobody gets right, and those that are furthest off."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from app.report.answers import Answers
from app.report.examples import Examples
from app.report.gather import Record
from app.report.page.markup import Cell, Column, Fragment, Table
from app.report.page.wording import percent, rate, score
from app.report.sections.quoting import passage, quote, quote_texts
from app.tasks import LANGUAGE, REGRESSION, TAGGING

__all__ = ["find_hard", "find_mode", "hard_examples"]

ROWS = 10

Row = Sequence[Cell | str]
Flags = NDArray[np.bool_]


def hard_examples(record: Record, answers: Answers | None, examples: Examples | None) -> Fragment | None:
    """How many examples all models get wrong, and the first of them; of numbers, and of texts, those furthest off."""
    if answers is None or not answers.models:
        return None
    if answers.kind in LANGUAGE:
        return _hard_windows(answers, examples)
    if answers.kind == REGRESSION.name:
        return _large_errors(answers, examples)
    return _wrong_everywhere(record, answers, examples)


def find_hard(answers: Answers) -> tuple[Flags, Flags]:
    """Which examples every run of every model gets wrong, and which every one gets right; baselines do not count."""
    right = np.concatenate([model.said == answers.truth for model in answers.models])
    return np.asarray(~right.any(axis=0)), np.asarray(right.all(axis=0))


def find_mode(said: NDArray[np.generic]) -> tuple[NDArray[np.generic], NDArray[np.int64]]:
    """What most rows of `said`, (runs, examples), say of each example, and how many of them; of equals the smallest."""
    ordered = np.sort(said, axis=0)
    chosen, most = ordered[0].copy(), np.ones(said.shape[1], dtype=np.int64)
    run = most.copy()
    for before, here in itertools.pairwise(ordered):
        run = np.where(here == before, run + 1, 1)
        chosen, most = np.where(run > most, here, chosen), np.maximum(run, most)
    return chosen, most


def _wrong_everywhere(record: Record, answers: Answers, examples: Examples | None) -> Fragment:
    wrong, right = find_hard(answers)
    runs = np.concatenate([model.said for model in answers.models])
    in_sentences = answers.kind == TAGGING.name
    what = "sentences" if in_sentences else "examples"
    who = f"all {len(runs)} runs of {_who(answers)}" if len(runs) > 1 else f"the one run of {_who(answers)}"
    told = (
        f"Of {rate(len(wrong))} {what}, {rate(wrong.sum())} ({percent(wrong.mean())}) are wrong in {who}, "
        f"and {rate(right.sum())} ({percent(right.mean())}) are right in {'all' if len(runs) > 1 else 'it'}."
    )
    noise = record.dataset.noise
    meant = ""
    if noise and not in_sentences:
        meant = f"About {rate(noise * len(wrong))} labels were replaced on purpose: whoever gets these wrong is right."
    elif wrong.any():
        meant = "Where models agree on another answer, look at the label first."
    if not wrong.any():
        return passage("What nobody gets right", told)
    places = np.flatnonzero(wrong)
    said, times = find_mode(runs[:, places])
    # the surest of them first: the more runs say the same, the more likely it is the label that is wrong
    order = np.argsort(-times, kind="stable")[:ROWS]
    rows: list[Row] = []
    for place in order:
        row = int(places[place])
        label = examples.label(row) if in_sentences and examples else answers.names[int(answers.truth[row])]
        answer = "" if in_sentences else answers.names[int(said[place])]
        agree = f"{times[place]} of {len(runs)} runs" + (" tag it alike" if in_sentences else "")
        cells = [Cell(quote(label, 80)), Cell(quote(answer, 80), agree) if answer else Cell(agree)]
        rows.append([*cells, *_text(examples, row), rate(answers.ids[row])])
    columns = (
        Column("true"),
        Column("runs that agree" if in_sentences else "what most say"),
        *_text_column(examples, "sentence" if in_sentences else "text"),
        Column("row", "of the split", number=True),
    )
    caption = f"What every run gets wrong, the most agreed on first{_beyond(len(rows), int(wrong.sum()))}."
    return passage("What nobody gets right", told, meant, more=_shown(caption, columns, rows))


def _large_errors(answers: Answers, examples: Examples | None) -> Fragment:
    said = np.concatenate([model.said for model in answers.models])
    errors = np.abs(said - answers.truth).mean(axis=0)
    if not np.isfinite(errors).any():
        return passage("What is furthest off", "No model says numbers that could be held against the true ones.")
    order = np.argsort(-np.nan_to_num(errors), kind="stable")[:ROWS]
    worst = errors >= np.nanquantile(errors, 0.9)
    told = (
        f"On average the numbers of {_who(answers)} are {score(float(np.nanmean(errors)))} from the true one, "
        f"and {score(float(np.nanmean(errors[worst])))} on the hardest tenth of the examples."
    )
    rows: list[Row] = [
        [
            score(float(answers.truth[row])),
            score(float(said[:, row].mean())),
            score(float(errors[row])),
            *_text(examples, int(row)),
            rate(answers.ids[row]),
        ]
        for row in order
    ]
    columns = (
        Column("true"),
        Column("said", "mean", number=True),
        Column("error", "mean, absolute", number=True),
        *_text_column(examples, "text"),
        Column("row", "of the split", number=True),
    )
    caption = f"The examples with the largest mean error{_beyond(len(rows), len(errors))}."
    return passage("What is furthest off", told, more=_shown(caption, columns, rows))


def _hard_windows(answers: Answers, examples: Examples | None) -> Fragment | None:
    losses = np.mean([model.said.mean(axis=0) for model in answers.models], axis=0)
    if not np.isfinite(losses).all() or examples is None:
        return None
    order = np.argsort(-losses, kind="stable")[:ROWS]
    told = (
        f"The text was scored in {rate(len(losses))} windows. The mean loss of {_who(answers)} is "
        f"{score(float(losses.min()))} nats a token on the easiest of them, {score(float(np.median(losses)))} in the "
        f"middle, and {score(float(losses.max()))} on the hardest."
    )
    rows: list[Row] = [
        [rate(answers.ids[row]), score(float(losses[row])), *_text(examples, int(row)), rate(answers.truth[row])]
        for row in order
    ]
    columns = (
        Column("window"),
        Column("loss", "nats a token", number=True),
        *_text_column(examples, "text"),
        Column("tokens", "scored", number=True),
    )
    caption = f"The windows with the highest loss, as a mean over models{_beyond(len(rows), len(losses))}."
    return passage("What is hardest to tell", told, more=_shown(caption, columns, rows))


def _who(answers: Answers) -> str:
    if len(answers.models) == 1:
        return answers.models[0].architecture
    return f"the {'first ' if answers.beyond else ''}{len(answers.models)} models"


def _beyond(shown: int, of: int) -> str:
    return f"; {shown} of {rate(of)}" if shown < of else ""


def _text(examples: Examples | None, row: int) -> list[Cell]:
    return [Cell(quote_texts(examples.texts(row)), kind="wide")] if examples else []


def _text_column(examples: Examples | None, name: str) -> list[Column]:
    return [Column(name, kind="wide")] if examples else []


def _shown(caption: str, columns: Sequence[Column], rows: Sequence[Row]) -> Markup:
    return Markup(Table(caption, columns, rows)._repr_html_())  # noqa: S704  # nosec B704  # a table has escaped it
