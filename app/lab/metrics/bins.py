"""How far confidence and accuracy lie apart, in bins of confidence."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["BINS", "calibration_error"]

BINS = 15  # of equal width, as in the paper below


def calibration_error(references: npt.NDArray[np.int64], probabilities: npt.NDArray[np.floating[Any]]) -> float:
    """Expected calibration error: |accuracy - mean confidence| of each bin, weighted by its share of the rows.

    Guo et al. 2017 (arXiv 1706.04599), equation 3. Confidence is the probability of the predicted class; a bin holds
    those above its lower edge, up to and with its upper one.

    Args:
        references: class indices of shape (rows,).
        probabilities: of shape (rows, classes).
    """
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == references
    places = np.clip(np.ceil(confidence * BINS).astype(np.int64) - 1, 0, BINS - 1)
    gap = np.bincount(places, weights=right.astype(np.float64) - confidence, minlength=BINS)
    return float(np.abs(gap).sum() / len(confidence))
