"""Samples of runs whose truth is known, since it was drawn."""

import numpy as np

from app.report.statistics.samples.classes import Classes


def classes(labels, *predicted, names=2, metric="accuracy"):
    """What runs said of rows with these labels."""
    return Classes(metric, tuple(map(str, range(names))), np.arange(len(labels)), labels, np.stack(predicted))


def guesses(random, labels, accuracy):
    """Each label, or with some luck another one."""
    return np.where(random.random(len(labels)) < accuracy, labels, 1 - labels)


def trained(random, difficulty, skill, *, seeds, spread):
    """Runs of one architecture: rows differ in difficulty, architectures in what they find hard, seeds in skill."""
    skills = skill + spread * random.normal(size=seeds)
    own = 0.5 * random.normal(size=len(difficulty))
    noise = 0.5 * random.normal(size=(seeds, len(difficulty)))
    right = skills[:, None] + difficulty + own + noise > 0
    labels = np.zeros(len(difficulty), dtype=np.int64)
    return classes(labels, *np.where(right, 0, 1))
