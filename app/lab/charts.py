"""The figures of a run's notebook."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from sklearn.metrics import confusion_matrix

from app.lab.datasets import Examples
from app.lab.history import History

__all__ = ["plot_classes", "plot_confusion", "plot_history", "plot_lengths"]

BLUE, ORANGE, GREY = "#0072b2", "#d55e00", "#8c8c8c"  # Okabe and Ito's colours: apart for colour-blind readers too
NAMED_CLASSES = 30  # with more classes than these, names on a confusion matrix cannot be read


def plot_classes(examples: Examples) -> Figure:
    """Rows of each class in the training split, most frequent first."""
    counts = Counter(examples.splits["train"].labels).most_common()
    figure, axes = plt.subplots(figsize=(7, max(1.2, 0.22 * len(counts) + 0.6)), layout="constrained")
    axes.barh([examples.labels[label] for label, _ in counts], [count for _, count in counts], color=BLUE)
    axes.invert_yaxis()
    axes.set(xlabel="rows in train")
    axes.margins(y=0.01)
    return _finish(figure)


def plot_lengths(examples: Examples) -> Figure:
    """How many words the texts of the training split have; a pair counts together."""
    columns = examples.splits["train"].texts
    words = [sum(len(text.split()) for text in texts) for texts in zip(*columns, strict=True)]
    figure, axes = plt.subplots(figsize=(7, 2.2), layout="constrained")
    axes.hist(words, bins=min(40, max(words) - min(words) + 1), color=BLUE)
    axes.axvline(float(np.median(words)), color=ORANGE, linestyle="--")
    axes.annotate(f" median {np.median(words):g}", (float(np.median(words)), axes.get_ylim()[1]), va="top", color=ORANGE)
    axes.set(xlabel="words", ylabel="rows in train")
    return _finish(figure)


def plot_history(history: History) -> Figure:
    """Training loss by step, validation loss and score by epoch."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 2.8), layout="constrained")
    left.plot(*history.series("loss"), color=GREY, label="train")
    left.plot(*history.series("eval_loss"), color=BLUE, marker="o", label="validation")
    left.set(xlabel="epoch", ylabel="loss")
    left.legend(frameon=False)
    right.plot(*history.series(f"eval_{history.metric}"), color=ORANGE, marker="o")
    right.set(xlabel="epoch", ylabel=f"validation {history.metric}")
    return _finish(figure)


def plot_confusion(labels: Sequence[int], predictions: Sequence[int], names: Sequence[str]) -> Figure:
    """The confusion matrix, each row as shares of its true class."""
    counts = confusion_matrix(labels, predictions, labels=range(len(names)))
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    few = len(names) <= NAMED_CLASSES
    side = min(9.0, 1.8 + 0.45 * len(names))
    figure, axes = plt.subplots(figsize=(side, side), layout="constrained")
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axes.set(xlabel="predicted", ylabel="true")
    if few:
        axes.set_xticks(range(len(names)), names, rotation=90 if len(names) > 4 else 0)
        axes.set_yticks(range(len(names)), names)
    if len(names) <= 10:
        for (row, column), count in np.ndenumerate(counts):
            shade = "white" if shares[row, column] > 0.5 else "black"
            axes.text(column, row, f"{count:,}", ha="center", va="center", color=shade)
    return _finish(figure)


def _finish(figure: Figure) -> Figure:
    for axes in figure.axes:
        axes.spines[["top", "right"]].set_visible(False)
    plt.close(figure)  # the cell shows what it returns; left open, it would be shown twice
    return figure
