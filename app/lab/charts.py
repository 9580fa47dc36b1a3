"""The figures of a run's notebook."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.ticker import MaxNLocator
from sklearn.metrics import confusion_matrix

from app.drawing import BASELINE, LIMIT, MODEL, Picture, draw, new_figure, tidy
from app.lab.datasets import Examples
from app.lab.history import History
from app.lab.tags import OUTSIDE

__all__ = [
    "plot_classes",
    "plot_confusion",
    "plot_frequencies",
    "plot_history",
    "plot_lengths",
    "plot_losses",
    "plot_numbers",
    "plot_scatter",
    "plot_tags",
]

WIDTH = 640  # points
NAMED_CLASSES = 30  # with more classes than these, names on a confusion matrix cannot be read
DOTS = 1500  # on a scatter plot: more make the page heavy, and no point can be told from its neighbours
COMMON = 30  # characters in a figure of them
COUNTED_CLASSES = 10  # nor numbers in its cells, with more than these


def plot_classes(examples: Examples) -> Picture:
    """Rows of each class in the training split, most frequent first."""
    counts = Counter(examples.splits["train"].labels).most_common()
    names = [examples.labels[label] for label, _ in counts]
    figure, (axes,) = new_figure(WIDTH, 60 + 18 * len(counts))
    axes.barh(range(len(counts)), [count for _, count in counts], color=MODEL, height=0.7)
    axes.set_yticks(range(len(counts)), names)
    axes.invert_yaxis()
    axes.set_xlabel("rows in train")
    axes.margins(y=0.02)
    tidy(axes)
    most, least = counts[0], counts[-1]
    return draw(
        figure,
        f"{len(counts)} classes; the largest, {examples.labels[most[0]]}, has {most[1]:,} rows in train, "
        f"the smallest, {examples.labels[least[0]]}, {least[1]:,}",
    )


def plot_tags(examples: Examples) -> Picture:
    """Words of each tag in the training split, in the order of the tags; `O`, the most of all, is told in words."""
    counts = Counter(tag for tags in examples.splits["train"].labels for tag in tags)
    words = sum(counts.values())
    shown = [code for code, name in enumerate(examples.labels) if name != OUTSIDE and counts[code]]
    outside = words - sum(counts[code] for code in shown)
    figure, (axes,) = new_figure(WIDTH, 60 + 18 * len(shown))
    axes.barh(range(len(shown)), [counts[code] for code in shown], color=MODEL, height=0.7)
    axes.set_yticks(range(len(shown)), [examples.labels[code] for code in shown])
    axes.invert_yaxis()
    axes.set_xlabel("words in train")
    axes.margins(y=0.02)
    tidy(axes)
    share = f"{outside / words:.0%}".replace("%", " %")
    return draw(figure, f"{len(shown)} tags of words in entities; {share} of the {words:,} words are in none")


def plot_numbers(examples: Examples) -> Picture:
    """How the numbers that are to be predicted are spread in the training split."""
    numbers = np.asarray(examples.splits["train"].labels)
    figure, (axes,) = new_figure(WIDTH, 170)
    axes.hist(numbers, bins=25, color=MODEL)
    axes.axvline(float(numbers.mean()), color=LIMIT, linestyle="--")
    axes.annotate(f" mean {numbers.mean():.3g}", (numbers.mean(), axes.get_ylim()[1]), va="top", color=LIMIT)
    axes.set(xlabel="label", ylabel="rows in train")
    tidy(axes, grid="y")
    spread = f"mean {numbers.mean():.3g}, standard deviation {numbers.std():.3g}"
    return draw(figure, f"{len(numbers):,} numbers from {numbers.min():.3g} to {numbers.max():.3g}, {spread}")


def plot_frequencies(examples: Examples) -> Picture:
    """The commonest characters of the training text, as shares of all."""
    counts = Counter[str]()
    for text in examples.splits["train"].texts[0]:
        counts.update(text)
    total, common = counts.total(), counts.most_common(COMMON)
    figure, (axes,) = new_figure(WIDTH, 170)
    axes.bar(range(len(common)), [count / total for _, count in common], color=MODEL, width=0.7)
    axes.set_xticks(range(len(common)), [_visible(character) for character, _ in common])
    axes.set(ylabel="share of train")
    axes.yaxis.set_major_formatter("{x:.0%}")
    tidy(axes, grid="y")
    first = ", ".join(f"{_visible(character)} {count / total:.1%}" for character, count in common[:5])
    return draw(figure, f"{len(counts)} different characters in train; the commonest: {first}")


def _visible(character: str) -> str:
    return {" ": "␣", "\n": "↵", "\t": "⇥", "$": r"\$"}.get(character, character)


def plot_losses(means: npt.NDArray[np.floating[Any]], mean: float) -> Picture:
    """How the mean losses of windows are spread, in nats a token; the line is the mean of all tokens."""
    figure, (axes,) = new_figure(WIDTH, 170)
    finite = means[np.isfinite(means)]
    axes.hist(finite, bins=30, color=MODEL)
    if np.isfinite(mean):
        axes.axvline(mean, color=LIMIT, linestyle="--")
        axes.annotate(f" all tokens {mean:.3f}", (mean, axes.get_ylim()[1]), va="top", color=LIMIT)
    axes.set(xlabel="mean loss of a window, nats a token", ylabel="windows")
    tidy(axes, grid="y")
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (float("nan"), float("nan"))
    return draw(figure, f"losses of {len(means):,} windows: {low:.3f} to {high:.3f} nats a token, mean {mean:.3f}")


def plot_lengths(examples: Examples) -> Picture:
    """How many words the texts of the training split have; a pair counts together."""
    columns = examples.splits["train"].strings
    words = [sum(len(text.split()) for text in texts) for texts in zip(*columns, strict=True)]
    low, high, median = min(words), max(words), float(np.median(words))
    step = max(1, -(-(high - low + 1) // 40))
    figure, (axes,) = new_figure(WIDTH, 170)
    axes.hist(words, bins=list(np.arange(low - 0.5, high + step + 0.5, step)), color=MODEL)
    axes.axvline(median, color=LIMIT, linestyle="--")
    axes.annotate(f" median {median:g}", (median, axes.get_ylim()[1]), va="top", color=LIMIT)
    axes.set(xlabel="words", ylabel="rows in train")
    tidy(axes, grid="y")
    return draw(figure, f"lengths of {len(words):,} texts: {low} to {high} words, median {median:g}")


def plot_history(history: History) -> Picture:
    """Training and validation loss on the left, the validation score on the right, by epoch."""
    figure, (left, right) = new_figure(WIDTH, 230, columns=2)
    scores = history.series(f"eval_{history.metric}")
    left.plot(*history.series("loss"), color=BASELINE, label="train")
    left.plot(*history.series("eval_loss"), color=MODEL, marker="o", label="validation")
    right.plot(*scores, color=LIMIT, marker="o")
    left.set(xlabel="epoch", ylabel="loss")
    right.set(xlabel="epoch", ylabel=f"validation {history.metric}")
    if not scores[1]:
        return draw(figure, "no training curve: this model is fitted in one step")
    left.legend(frameon=False)
    right.xaxis.set_major_locator(MaxNLocator(integer=True))
    for axes in (left, right):
        tidy(axes, grid="y")
    return draw(figure, f"validation {history.metric} by epoch: " + ", ".join(f"{value:.3f}" for value in scores[1]))


def plot_confusion(
    labels: npt.NDArray[np.int64], predictions: npt.NDArray[np.int64], names: Sequence[str], *, of: str = "rows"
) -> Picture:
    """The confusion matrix, each row as shares of its true class; `of` names what is counted."""
    counts = confusion_matrix(labels, predictions, labels=range(len(names)))
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    figure, (axes,) = new_figure(WIDTH, min(WIDTH, 190 + 30 * len(names)))
    # drawn as squares, not as a picture: a page takes no pictures, and lines stay sharp
    axes.pcolormesh(shares, cmap="Blues", vmin=0, vmax=1, edgecolors="face")
    axes.set(xlabel="predicted", ylabel="true", aspect="equal")
    axes.invert_yaxis()
    centres = np.arange(len(names)) + 0.5
    if len(names) <= NAMED_CLASSES:
        axes.set_xticks(centres, names, rotation=90 if len(names) > 3 else 0)
        axes.set_yticks(centres, names, va="center")
    if len(names) <= COUNTED_CLASSES:
        for (row, column), count in np.ndenumerate(counts):
            # not black: SVG leaves it out, and on a dark page the text would take the page's white
            shade = "white" if shares[row, column] > 0.7 else "#111111"
            axes.text(column + 0.5, row + 0.5, f"{count:,}", ha="center", va="center", color=shade)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    right = int(np.trace(counts))
    return draw(figure, f"confusion matrix: {right:,} of {int(counts.sum()):,} {of} on the diagonal")


def plot_scatter(labels: npt.NDArray[np.floating[Any]], predictions: npt.NDArray[np.floating[Any]]) -> Picture:
    """Predicted numbers against true ones; on the diagonal they are equal."""
    figure, (axes,) = new_figure(WIDTH, 420)
    low, high = float(min(labels.min(), predictions.min())), float(max(labels.max(), predictions.max()))
    axes.plot([low, high], [low, high], color=LIMIT, linestyle="--")
    chosen = np.random.default_rng(0).permutation(len(labels))[:DOTS]
    axes.plot(labels[chosen], predictions[chosen], linestyle="", marker="o", markersize=3, alpha=0.4, color=MODEL)
    axes.set(xlabel="true", ylabel="predicted")
    tidy(axes, grid="both")
    error = float(np.abs(labels - predictions).mean())
    shown = f"{len(chosen):,} of {len(labels):,} rows" if len(chosen) < len(labels) else f"{len(labels):,} rows"
    return draw(figure, f"predicted against true numbers of {shown}; they lie {error:.3g} apart on average")
