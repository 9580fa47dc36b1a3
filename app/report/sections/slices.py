"""Scores by the values of a column that the benchmark names (`dataset.slices`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from markupsafe import Markup

from app.report.answers import Answers
from app.report.examples import Examples
from app.report.gather import Record
from app.report.page.markup import Cell, Column, Fragment, Table
from app.report.page.wording import metric_name, rate, score
from app.report.sections.basis import tell_remedy
from app.report.sections.quoting import passage, quote
from app.report.statistics.groups import Groups, Measure, choose_measure, group_values, stands_out

__all__ = ["slice_tables"]

VALUES = 20
MODELS = 8
FEW = 20  # examples: a score of fewer moves by more than five points when one of them changes


def slice_tables(record: Record, answers: Answers | None, examples: Examples | None) -> Fragment | None:
    """A table for each column; a sentence for one that the examples lack; None where no column is asked for."""
    asked = [str(name) for name in (record.config.get("dataset") or {}).get("slices") or ()]
    if not asked:
        return None
    measure = choose_measure(answers.kind, record.primary.name) if answers and record.primary else None
    if answers is None or measure is None:
        return passage("By parts of the data", "No predictions are there that could be told apart.")
    known: Mapping[str, object] = examples.slices if examples else {}
    lacking = [name for name in asked if name not in known]
    more, told = Markup(""), []
    for name in (name for name in asked if name in known):
        assert examples is not None
        groups = group_values(examples.slices[name].to_pylist(), VALUES)
        more += Markup(_table(record, answers, measure, name, groups)._repr_html_())  # noqa: S704  # nosec B704  # escaped by Table
        told.append(_tell(answers, measure, name, groups))
    if lacking:
        told.append(_remedy(record, lacking))
    return passage("By parts of the data", *told, more=more)


def _table(record: Record, answers: Answers, measure: Measure, name: str, groups: Groups) -> Table:
    shown = answers.shown if len(answers.shown) <= MODELS else (*answers.shown[: MODELS - 1], answers.shown[-1])
    scores = [measure.measure(answers, model, groups) for model in shown]
    all_of_it = Groups(("all",), np.zeros_like(groups.codes))
    totals = [measure.measure(answers, model, all_of_it) for model in shown]
    sizes = groups.sizes
    rows = [
        _row(value, int(sizes[place]), [float(of[place]) for of in scores], measure)
        for place, value in enumerate(groups.names)
    ]
    rows.append(_row("all", int(sizes.sum()), [float(of[0]) for of in totals], measure))
    best = "lowest" if measure.lower_is_better else "best"
    beyond = len(answers.shown) + answers.beyond - len(shown)
    return Table(
        f"By {quote(name, 60)}: {metric_name(measure.name, record.dataset.kind)}, means over seeds. The {best} score "
        "of a row is bold." + (f" {beyond:,} more architectures are left out." if beyond > 0 else ""),
        (
            Column(quote(name, 60)),
            Column("examples", number=True),
            *(Column(model.architecture, number=True) for model in shown),
        ),
        rows,
        [""] * len(groups.names) + ["best"],
    )


def _row(value: str, size: int, scores: Sequence[float], measure: Measure) -> list[Cell | str]:
    finite = [number for number in scores if np.isfinite(number)]
    best = (min if measure.lower_is_better else max)(finite, default=None)
    shown = [score(number) for number in scores]  # those that are shown as equal are
    tops = [best is not None and len(set(shown)) > 1 and text == score(best) for text in shown]
    cells = [Cell(score(number), kind="top" if top else "") for number, top in zip(scores, tops, strict=True)]
    return [Cell(quote(value, 60)), Cell(rate(size), "few" if size < FEW else ""), *cells]


def _tell(answers: Answers, measure: Measure, name: str, groups: Groups) -> str:
    """Which value is hardest for the leading model, of those with enough examples."""
    own = measure.measure(answers, answers.leader, groups)
    enough = [place for place in np.flatnonzero(groups.sizes >= FEW) if np.isfinite(own[place])]
    if len({score(float(own[place])) for place in enough}) < 2:
        return ""
    hardest = int((max if measure.lower_is_better else min)(enough, key=lambda place: float(own[place])))
    value, number = quote(groups.names[hardest], 60), score(float(own[hardest]))
    is_clear = stands_out(answers, answers.leader, groups, hardest)
    chance = "that is more than chance brings about" if is_clear else "chance alone may have brought that about"
    return f"Of {quote(name, 60)}, “{value}” is hardest for {answers.leader.architecture} ({number}); {chance}."


def _remedy(record: Record, lacking: Sequence[str]) -> str:
    names = ", ".join(quote(name, 60) for name in lacking)
    return f"The examples that were kept lack {names}: they are from before it was asked for. {tell_remedy(record)}"
