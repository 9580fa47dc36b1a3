"""The temperature that makes probabilities mean what they say, fitted on validation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import optimize

from app.lab.datasets import Split
from app.lab.metrics.bins import calibration_error
from app.serving.engine.answers import probabilities
from app.serving.package.prediction import Raw
from app.tasks import TAGGING

__all__ = ["Calibration", "answer_confidence", "fit_temperature", "measure_calibration"]

LEAST, MOST = 0.1, 10.0  # beyond that validation has nothing to say: it was all right, or all wrong


@dataclass(frozen=True)
class Calibration:
    """How far confidence and accuracy lie apart on a split; see `app.lab.metrics.bins`."""

    temperature: float
    before: float  # expected calibration error at temperature 1
    after: float


def fit_temperature(kind: str, raw: Raw, split: Split) -> float:
    """The temperature with the least negative log-likelihood on a split that was not trained on.

    Guo et al., On Calibration of Modern Neural Networks (ICML 2017), section 4.2. It changes no prediction.
    """
    logits, labels = _flatten(kind, raw, split)

    def loss(logarithm: float) -> float:
        likely = probabilities(logits.astype(np.float32), float(np.exp(logarithm)))
        return float(-np.log(np.clip(likely[np.arange(len(labels)), labels], 1e-300, None)).mean())

    found = optimize.minimize_scalar(loss, bounds=(np.log(LEAST), np.log(MOST)), method="bounded")
    return float(np.exp(found.x))


def measure_calibration(kind: str, raw: Raw, split: Split, temperature: float) -> Calibration:
    """The calibration error of a split before and after; of tags over words."""
    logits, labels = _flatten(kind, raw, split)
    before, after = (calibration_error(labels, probabilities(logits, value)) for value in (1.0, temperature))
    return Calibration(temperature, before, after)


def answer_confidence(
    kind: str, raw: Raw, split: Split, temperature: float
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Of each row, or of each word, the probability of the answer, and whether it is right."""
    logits, labels = _flatten(kind, raw, split)
    likely = probabilities(logits, temperature)
    return likely.max(axis=1), likely.argmax(axis=1) == labels


def _flatten(kind: str, raw: Raw, split: Split) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    if kind != TAGGING.name:
        return raw, np.asarray(split.labels, dtype=np.int64)
    seen = [tag for row, tags in zip(raw, split.labels, strict=True) for tag in tags[: len(row)]]
    return np.concatenate(raw), np.asarray(seen, dtype=np.int64)
