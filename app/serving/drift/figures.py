"""The figures of a look: lengths, labels, confidence over time, and telling words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.ticker import PercentFormatter

from app.drawing import BASELINE, INK, MODEL, Picture, draw, fit_name, new_figure, tidy
from app.report.page.wording import percent, score
from app.serving.drift.look import Look
from app.serving.drift.rows import Rows

__all__ = ["confidence_figure", "label_figure", "length_figure", "word_figure"]

WIDTH = 680
BINS = 24
SHOWN = 12  # labels, and words
STRETCHES = 20  # of requests, in the order they came
LEAST = 20  # requests in a stretch


def length_figure(look: Look) -> Picture | None:
    """How long the texts are, in characters and in tokens; None without requests."""
    if not len(look.served) or not len(look.reference):
        return None
    figure, axes = new_figure(WIDTH, 230, columns=2)
    told = []
    for panel, name in zip(axes, ("characters", "tokens"), strict=True):
        before, now = getattr(look.reference, name), getattr(look.served, name)
        tidy(panel, grid="y")
        most = float(np.quantile(np.concatenate([before, now]), 0.99))
        edges = np.unique(np.linspace(0, max(most, 1), min(BINS, int(max(most, 1))) + 1).round())
        shares = [np.histogram(np.clip(side, 0, edges[-1]), edges)[0] / len(side) for side in (before, now)]
        panel.stairs(shares[0], edges, color=BASELINE, fill=True, alpha=0.4)
        panel.stairs(shares[1], edges, color=MODEL, linewidth=2)
        panel.set_xlabel(f"{name} of a text")
        panel.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        told.append(f"{name}: median {np.median(before):.0f} in the reference, {np.median(now):.0f} in the requests")
    _name_sides(axes[1])
    return draw(figure, f"{'; '.join(told)}.")


def label_figure(look: Look) -> Picture | None:
    """How often each label is predicted, those first that differ most; None where the kind predicts no labels."""
    if not len(look.served) or not look.manifest.labels or not any(look.served.predictions):
        return None
    before, now = _shares(look.reference.predictions), _shares(look.served.predictions)
    names = sorted({*before, *now}, key=lambda name: (-abs(now.get(name, 0) - before.get(name, 0)), name))
    return _paired(names, before, now, "share of predictions")


def confidence_figure(look: Look) -> Picture | None:
    """The confidence over the requests in their order: median and middle half; None where it is not known."""
    known = ~np.isnan(look.served.confidence)
    before = look.reference.confidence[~np.isnan(look.reference.confidence)]
    if known.sum() < 2 * LEAST or not len(before):
        return None
    values = look.served.confidence[known]
    times = [datetime.fromisoformat(look.served.times[place]) for place in np.flatnonzero(known)]
    parts = np.array_split(np.arange(len(values)), min(STRETCHES, len(values) // LEAST))
    quartiles = np.asarray([np.quantile(values[part], (0.25, 0.5, 0.75)) for part in parts])
    moments = [times[part[len(part) // 2]] for part in parts]
    figure, (axes,) = new_figure(WIDTH, 230)
    tidy(axes, grid="y")
    axes.axhspan(*np.quantile(before, (0.25, 0.75)), color=BASELINE, alpha=0.22, linewidth=0)
    axes.axhline(float(np.median(before)), color=BASELINE, linewidth=1.4, label="reference")
    axes.fill_between(moments, quartiles[:, 0], quartiles[:, 2], color=MODEL, alpha=0.22, linewidth=0)
    axes.plot(moments, quartiles[:, 1], "o-", color=MODEL, linewidth=1.8, markersize=4, label="requests")
    axes.set_ylim(0, 1.02)
    locator = AutoDateLocator(minticks=3, maxticks=6)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
    axes.set_ylabel("confidence")
    axes.legend(frameon=False, loc="lower left", ncols=2)
    return draw(
        figure,
        f"Median confidence {score(float(np.median(before)))} in the reference; in the requests, from first to last, "
        f"{score(float(quartiles[0, 1]))} to {score(float(quartiles[-1, 1]))}.",
    )


def word_figure(look: Look) -> Picture | None:
    """In how many texts the most telling words are; None where texts are not kept, or none tells."""
    words = [*look.findings.new_words[: SHOWN // 2], *look.findings.old_words[: SHOWN // 2]]
    if not words:
        return None
    before, now = (_holding(side, words) for side in (look.reference, look.served))
    return _paired(words, before, now, "share of texts that hold the word")


def _paired(names: Sequence[str], before: Mapping[str, float], now: Mapping[str, float], label: str) -> Picture:
    """A line for each name, from its share in the reference, a ring, to that in the requests, a dot."""
    shown = names[:SHOWN]
    figure, (axes,) = new_figure(WIDTH, 74 + 24 * len(shown))
    tidy(axes)
    for place, name in enumerate(shown):
        ends = before.get(name, 0.0), now.get(name, 0.0)
        axes.plot(ends, [place, place], color=MODEL, alpha=0.35, linewidth=2.5)
        axes.plot(ends[0], place, "o", mfc="none", mec=INK, mew=1.2, markersize=8, label="_" * place + "reference")
        axes.plot(ends[1], place, "o", color=MODEL, markersize=7, label="_" * place + "requests")
    axes.set_yticks(range(len(shown)), [fit_name(name) for name in shown])
    axes.set_ylim(len(shown) - 0.4, -0.6)
    axes.set_xlim(left=min(0.0, axes.get_xlim()[0]))
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    beyond = f" (the {SHOWN} of {len(names)} that differ most)" if len(names) > SHOWN else ""
    axes.set_xlabel(label + beyond)
    axes.legend(frameon=False, loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=2, borderaxespad=0)
    told = "; ".join(f"{name} {percent(before.get(name, 0))}, {percent(now.get(name, 0))}" for name in shown)
    return draw(figure, f"{label}, in the reference and in the requests: {told}.")


def _name_sides(axes: Axes) -> None:
    axes.plot([], [], "s", color=BASELINE, alpha=0.4, markersize=9, label="reference")
    axes.plot([], [], "-", color=MODEL, linewidth=2, label="requests")
    axes.legend(frameon=False, loc="upper right")


def _shares(names: Sequence[str]) -> dict[str, float]:
    return {name: number / len(names) for name, number in Counter(names).items()}


def _holding(side: Rows, words: Sequence[str]) -> dict[str, float]:
    texts = [set(re.findall(r"\w+", text.lower())) for text in side.texts if text is not None]
    return {word: sum(word in held for held in texts) / len(texts) for word in words}
