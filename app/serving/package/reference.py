"""Rows of the reported split as a package saw them: what served requests are held against."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from app.lab.datasets import Split
from app.lab.tasks import Outputs
from app.serving.engine.engine import Engine
from app.serving.package.prediction import rows_of
from app.tasks import CAUSAL, CLASSIFICATION, TAGGING

__all__ = ["ROWS", "reference_table"]

ROWS = 2000


def reference_table(
    engine: Engine, split: Split, predictions: pd.DataFrame, outputs: Outputs, *, keep_texts: bool
) -> pd.DataFrame:
    """At most 2,000 rows, drawn by a fixed seed, in order of id.

    Of a language model they are the lines of its text that say something, and have no label or prediction.

    Args:
        engine: of the package.
        split: the reported one.
        predictions: of the package on it.
        outputs: the same as probabilities, calibrated.
        keep_texts: whether the texts are among the columns.
    """
    is_language = engine.manifest.kind == CAUSAL.name
    places = [place for place in range(len(split)) if not is_language or split.texts[0][place].strip()]
    if len(places) > ROWS:
        chosen = np.random.default_rng(0).choice(len(places), size=ROWS, replace=False)
        places = [places[place] for place in sorted(chosen)]
    some = split.take(places)
    encoded = engine.encode(rows_of(some))
    texts = some.columns if keep_texts else {}
    said = {"label": None, "prediction": None} if is_language else _describe(predictions.iloc[places])
    return pd.DataFrame(
        {
            "id": places,
            **texts,
            "characters": [sum(map(len, row)) for row in zip(*some.strings, strict=True)],
            "tokens": [len(row) for row in encoded],
            "unknown": [row.unknown for row in encoded],
            "is_cut": [row.is_cut for row in encoded],
            **said,
            "confidence": [_confidence(engine.manifest.kind, outputs, place) for place in places],
        }
    ).astype({"label": "string", "prediction": "string", "confidence": "float64"})


def _describe(predictions: pd.DataFrame) -> dict[str, list[str]]:
    return {name: [_in_words(value) for value in predictions[name]] for name in ("label", "prediction")}


def _in_words(value: object) -> str:
    if isinstance(value, list | np.ndarray):
        return " ".join(value)
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _confidence(kind: str, outputs: Outputs, place: int) -> float:
    """The probability of the prediction; of tags the mean over the words of a sentence; nan where there is none."""
    if kind == CLASSIFICATION.name:
        return float(outputs[place].max())
    if kind == TAGGING.name and len(outputs[place]):
        return float(outputs[place].max(axis=1).mean())
    return math.nan
