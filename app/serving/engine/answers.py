"""What logits say, in the words of the task: a class and its probability, a number, or a tag for each word."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.serving.engine.engine import Logits
from app.serving.engine.tokens import Encoded
from app.serving.package.manifest import Manifest
from app.tasks import REGRESSION, TAGGING

__all__ = ["Answer", "Choice", "probabilities", "read_answer"]


@dataclass(frozen=True)
class Choice:
    """One label, and how probable the model finds it, calibrated."""

    label: str
    probability: float


@dataclass(frozen=True)
class Answer:
    """What the model says of one row."""

    choices: tuple[Choice, ...] = ()  # the likeliest first; text-classification
    value: float | None = None  # text-regression
    tags: tuple[Choice, ...] = ()  # one a word, of those that max_length has left; token-classification


def probabilities(logits: Logits, temperature: float) -> npt.NDArray[np.float64]:
    """Along the last axis: softmax of the logits divided by the temperature.

    Temperature scaling: Guo et al., On Calibration of Modern Neural Networks (ICML 2017), section 4.2.
    """
    scaled = logits.astype(np.float64) / temperature
    shifted = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    found: npt.NDArray[np.float64] = shifted / shifted.sum(axis=-1, keepdims=True)
    return found


def read_answer(manifest: Manifest, encoded: Encoded, logits: Logits, *, top: int = 3) -> Answer:
    """The answer to one row.

    Args:
        manifest: of the package.
        encoded: the row.
        logits: of that row, as `Engine.compute` gives them.
        top: how many labels to name.
    """
    if manifest.kind == REGRESSION.name:
        return Answer(value=float(logits.reshape(-1)[0]))
    if manifest.kind == TAGGING.name:
        return Answer(tags=tuple(_choose(manifest, logits[place], 1)[0] for place in encoded.first_pieces))
    return Answer(choices=_choose(manifest, logits, top))


def _choose(manifest: Manifest, logits: Logits, top: int) -> tuple[Choice, ...]:
    """The likeliest labels; one row is `probabilities` without numpy, whose ten calls take longer than that."""
    values, temperature = logits.tolist(), manifest.temperature
    highest = max(values)
    weights = [math.exp((value - highest) / temperature) for value in values]
    whole = sum(weights)
    places = sorted(range(len(weights)), key=weights.__getitem__, reverse=True)[:top]
    return tuple(Choice(manifest.labels[place], weights[place] / whole) for place in places)
