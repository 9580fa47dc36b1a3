"""The sample that a metric is computed from, as the files of some runs hold it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from app.report.statistics.samples.classes import read_classes
from app.report.statistics.samples.entities import read_entities, read_tokens
from app.report.statistics.samples.numbers import NUMBER_METRICS, read_numbers
from app.report.statistics.samples.probabilities import PROBABILITY_METRICS, read_probabilities
from app.report.statistics.samples.sample import Sample
from app.report.statistics.samples.windows import WINDOW_METRICS, read_windows
from app.report.statistics.scores import ENTITY_METRICS, METRICS
from app.tasks import LANGUAGE

__all__ = ["read_sample"]


def read_sample(paths: Sequence[Path], metric: str, *, kind: str, labels: Sequence[str]) -> Sample | None:
    """What the files at `paths` say, to be scored by `metric`.

    Args:
        paths: predictions.parquet of each run.
        metric: a name in a configuration.
        kind: of the task.
        labels: the class names of the data, in their order.

    Returns:
        None where the metric does not follow from such files, a file is absent or torn, or they are not of the same
        rows.
    """
    if not paths:
        return None
    if kind in LANGUAGE:
        return read_windows(paths, metric) if metric in WINDOW_METRICS else None
    if metric in METRICS:
        return read_classes(paths, metric, labels)
    if metric in PROBABILITY_METRICS:
        return read_probabilities(paths, metric, labels)
    if metric in ENTITY_METRICS:
        return read_entities(paths, metric)
    if metric == "token_accuracy":
        return read_tokens(paths)
    return read_numbers(paths, metric) if metric in NUMBER_METRICS else None
