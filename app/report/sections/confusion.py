"""Which classes the leading model takes for which."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.drawing import Picture, draw, new_figure
from app.report.answers import Answers
from app.report.examples import Examples
from app.report.page.markup import Cell, Column, Fragment, Table
from app.report.page.wording import percent, rate
from app.report.sections.heat import draw_cells, draw_names
from app.report.sections.quoting import passage, quote, quote_texts
from app.tasks import CLASSIFICATION

__all__ = ["confused_pairs", "confusion_figure", "confusion_passage", "count_confusions"]

WIDTH = 680
DRAWN = 12  # classes in a figure; of more there is the table alone
COUNTED = 6  # classes of which each cell says its count too
PAIRS = 10
NAME = 22  # letters of a class in the figure

Counts = NDArray[np.int64]


def count_confusions(answers: Answers) -> Counts:
    """How often each true class was said to be each, (true, said), over all seeds of the leading model."""
    classes = len(answers.names)
    flat = answers.truth.astype(np.int64) * classes + answers.leader.said
    return np.bincount(flat.ravel(), minlength=classes**2).reshape(classes, classes)


def confusion_passage(answers: Answers | None) -> Fragment | None:
    """What the leading model gets wrong most, in words; None where there are no classes."""
    if answers is None or answers.kind != CLASSIFICATION.name:
        return None
    leader, wrong = answers.leader, answers.leader.said != answers.truth
    seeds = f", {len(leader.said)} seeds together" if len(leader.said) > 1 else ""
    told = (
        f"{leader.architecture}, the leading one{seeds}: {rate(wrong.sum())} of {rate(wrong.size)} answers are wrong."
    )
    if not wrong.any():
        return passage("What is taken for what", f"{told} There is nothing to confuse.")
    pairs, counts = _directed(answers)
    true, said = (f"“{quote(answers.names[code], 60)}”" for code in pairs[0])
    share = percent(counts[0] / max(1, (answers.truth == pairs[0][0]).sum() * len(leader.said)))
    often = f"The most frequent mistake is to take {true} for {said}: {rate(counts[0])} times, {share} of all {true}."
    figure = "Each row of the figure is a true class, in per cent of its examples." if _is_drawn(answers) else ""
    return passage("What is taken for what", told, often, figure)


def confusion_figure(answers: Answers | None) -> Picture | None:
    """True against said, for at most `DRAWN` classes."""
    if answers is None or answers.kind != CLASSIFICATION.name or not _is_drawn(answers):
        return None
    counts = count_confusions(answers)
    totals = counts.sum(axis=1)
    shares = counts / np.maximum(totals, 1)[:, None]
    is_counted = len(counts) <= COUNTED
    texts = [
        [_cell(share, int(count), is_counted) for share, count in zip(*row, strict=True)]
        for row in zip(shares, counts, strict=True)
    ]
    names = [quote(name, NAME) for name in answers.names]
    size = 42 if is_counted else 26
    figure, (axes,) = new_figure(WIDTH, 110 + size * len(names))
    draw_cells(axes, shares, texts, size=10.5 if is_counted else 9)
    draw_names(axes, names, [f"{name}  {rate(total)}" for name, total in zip(names, totals, strict=True)])
    axes.set_xlabel("said", loc="left")
    axes.set_ylabel("true, and how many")
    right = "; ".join(f"{name} {percent(share)}" for name, share in zip(names, np.diag(shares), strict=True))
    alt = f"What {answers.leader.architecture} says of each true class. Said rightly: {right}."
    return draw(figure, alt)


def confused_pairs(answers: Answers | None, examples: Examples | None) -> Table | None:
    """The pairs of classes most often taken for each other, with examples of it; None where there is no mistake."""
    if answers is None or answers.kind != CLASSIFICATION.name:
        return None
    directed, counts = _directed(answers)
    if not len(counts):
        return None
    number = {(int(true), int(said)): int(count) for (true, said), count in zip(directed, counts, strict=True)}
    pairs: dict[tuple[int, int], int] = {}
    for (true, said), count in number.items():
        pair = (min(true, said), max(true, said))
        pairs[pair] = pairs.get(pair, 0) + count
    first = sorted(pairs.items(), key=lambda item: (-item[1], item[0]))[:PAIRS]
    mistakes = sum(pairs.values())
    rows = []
    for (one, other), count in first:
        # the more frequent direction first
        ways = sorted(((one, other), (other, one)), key=lambda way: -number.get(way, 0))
        told = [f"{rate(number[way])} × {_way(answers, way)}" for way in ways if way in number]
        quoted = [_example(answers, examples, way) for way in ways if way in number]
        row: list[Cell | str] = [
            Cell(told[0], told[1] if len(told) > 1 else ""),
            rate(count),
            percent(count / mistakes),
        ]
        rows.append([*row, *([Cell(quoted[0], quoted[1] if len(quoted) > 1 else "", "wide")] if examples else [])])
    beyond = len(pairs) - len(first)
    return Table(
        f"Classes that {answers.leader.architecture} takes for each other, all seeds together."
        + (f" {beyond:,} more pairs are left out." if beyond > 0 else ""),
        (
            Column("taken for each other", "true → said"),
            Column("times", number=True),
            Column("share", "of the mistakes", number=True),
            *([Column("examples", "of each way, the one most often so mistaken", kind="wide")] if examples else []),
        ),
        rows,
    )


def _is_drawn(answers: Answers) -> bool:
    return len(answers.names) <= DRAWN


def _directed(answers: Answers) -> tuple[NDArray[np.int64], Counts]:
    """The mistakes as pairs (true, said), the most frequent first, and how often each was made."""
    said = answers.leader.said
    truth = np.broadcast_to(answers.truth, said.shape)
    wrong = said != truth
    pairs, counts = np.unique(np.stack([truth[wrong], said[wrong]], axis=1), axis=0, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    return pairs[order].astype(np.int64), counts[order]


def _way(answers: Answers, way: tuple[int, int]) -> str:
    return " → ".join(quote(answers.names[code], 60) for code in way)


def _example(answers: Answers, examples: Examples | None, way: tuple[int, int]) -> str:
    """The example that most seeds so mistake, the first of equals."""
    if examples is None:
        return ""
    times = (answers.leader.said == way[1]).sum(axis=0) * (answers.truth == way[0])
    return quote_texts(examples.texts(int(times.argmax())), 160)


def _cell(share: float, count: int, is_counted: bool) -> str:
    if is_counted:
        return f"{percent(share)}\n{rate(count)}"
    return f"{100 * share:.0f}" if share >= 0.005 else ""
