"""What a package says of a whole split, in the form that the lab scores and the report reads."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from app.lab.datasets import Examples, Split
from app.lab.language.losses import TokenLosses
from app.lab.language.stream import plan_windows
from app.lab.tasks import Outputs, task_of
from app.serving.engine.answers import probabilities
from app.serving.engine.engine import Engine
from app.serving.engine.tokens import Encoded, Row
from app.serving.package.manifest import Manifest
from app.tasks import CAUSAL, CLASSIFICATION, REGRESSION, TAGGING

__all__ = ["Raw", "ask_package", "predictions_table", "read_outputs", "rows_of"]

Raw = Any
"""Logits of each row; of tags, those of its words; of a language model `TokenLosses`."""
TOKENS, NUMBERS = 8192, 2**24  # of a batch, and logits of it at most: 64 MiB


def rows_of(split: Split) -> list[Row]:
    """The rows as an engine takes them."""
    return list(split.texts[0]) if split.in_words else list(zip(*split.texts, strict=True))


def ask_package(engine: Engine, split: Split) -> Raw:
    """What the graph gives for every row of a split, in their order, cut and batched as when it serves."""
    if engine.manifest.kind == CAUSAL.name:
        return _score_windows(engine, split)
    encoded = engine.encode(rows_of(split))
    logits = engine.compute_all(encoded)
    if engine.manifest.kind == TAGGING.name:
        return [found[list(row.first_pieces)] for found, row in zip(logits, encoded, strict=True)]
    return np.stack(logits)


def read_outputs(manifest: Manifest, raw: Raw, *, temperature: float = 1.0) -> Outputs:
    """The same as the lab's task has it: probabilities, numbers, or losses."""
    if manifest.kind == CLASSIFICATION.name:
        return probabilities(raw, temperature)
    if manifest.kind == TAGGING.name:
        return [probabilities(row, temperature) if len(row) else row.astype(np.float64) for row in raw]
    return raw[:, 0] if manifest.kind == REGRESSION.name else raw


def predictions_table(manifest: Manifest, outputs: Outputs, examples: Examples, split: Split) -> pd.DataFrame:
    """A row an example, as a run writes them. The classes of the package may be others than those of the examples."""
    task = task_of(manifest.kind)
    if manifest.kind not in (CLASSIFICATION.name, TAGGING.name) or manifest.labels == examples.labels:
        return task.predictions(outputs, examples, split)
    if manifest.kind == TAGGING.name:
        return task.predictions([_align(row, manifest.labels, examples.labels) for row in outputs], examples, split)
    table = task.predictions(_align(outputs, manifest.labels, examples.labels), examples, split)
    names = np.asarray(manifest.labels, dtype=object)
    return table.assign(prediction=names[outputs.argmax(1)], score=outputs.max(axis=1))


def _align(found: npt.NDArray[Any], given: Sequence[str], wanted: Sequence[str]) -> npt.NDArray[Any]:
    """The columns of `wanted`, 0 where the package does not know the class."""
    aligned = np.zeros((len(found), len(wanted)))
    for place, name in enumerate(wanted):
        if name in given:
            aligned[:, place] = found[:, given.index(name)]
    return aligned


def _score_windows(engine: Engine, split: Split) -> TokenLosses:
    """The losses of running text in the windows of the lab, by the tokenizer and the graph of the package."""
    tokenizer = engine.encoder.tokenizer
    ids, characters = _encode_stream(engine, split)
    windows = list(plan_windows(len(ids), engine.manifest.max_length))
    length = windows[0].end - windows[0].start
    nll = np.empty(len(windows))
    size = max(1, min(TOKENS, NUMBERS // tokenizer.get_vocab_size()) // length)
    vocabulary = 0
    for start in range(0, len(windows), size):
        batch = range(start, min(start + size, len(windows)))
        inputs = np.stack([ids[windows[row].start : windows[row].start + length] for row in batch])
        logits = engine.compute([Encoded.of(row[:-1]) for row in inputs])
        vocabulary = logits.shape[-1]
        losses = _losses(logits, inputs[:, 1:])
        for place, row in enumerate(batch):
            nll[row] = losses[place, windows[row].scored - windows[row].start - 1 :].sum()
    return TokenLosses(
        tokens=np.asarray([place.end - place.scored for place in windows]),
        nll=nll,
        texts=tuple(tokenizer.decode_batch([ids[place.scored : place.end].tolist() for place in windows])),
        vocabulary=vocabulary,
        characters=characters,
    )


def _encode_stream(engine: Engine, split: Split) -> tuple[npt.NDArray[np.int64], int]:
    """All tokens of a split, and the characters behind them but for those of the first, as `encode_stream` has it."""
    assert split.running is not None
    tokenizer = engine.encoder.tokenizer
    rows = [row + split.running.joint for row in split.texts[0][:-1]] + [split.texts[0][-1]]
    parts = [
        part.ids
        for found in tokenizer.encode_batch(rows, add_special_tokens=False)
        for part in (found, *found.overflowing)
    ]
    ids = np.fromiter(itertools.chain.from_iterable(parts), dtype=np.int64)
    return ids, sum(map(len, rows)) - len(tokenizer.decode(ids[:1].tolist()))


def _losses(logits: npt.NDArray[np.float32], targets: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """The negative log-likelihood of each target, in nats, of shape (rows, tokens)."""
    wide = logits.astype(np.float64)
    top = wide.max(axis=-1, keepdims=True)
    total = np.log(np.exp(wide - top).sum(axis=-1)) + top[..., 0]
    found: npt.NDArray[np.float64] = total - np.take_along_axis(wide, targets[..., None], axis=-1)[..., 0]
    return found
