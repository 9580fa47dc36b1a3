"""The backends that a run asks for, each held against plain torch on real rows before its speed counts."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from app.lab.baselines import Baseline
from app.lab.competitors import Trained
from app.lab.datasets import Examples, Split
from app.lab.tasks import Outputs
from app.results import BackendRecord

if TYPE_CHECKING:
    from app.lab.profiling.backends import Backend
    from app.lab.tasks import Logits
    from app.lab.tokens import EncodedSplit
    from app.lab.training import TrainedTransformer

__all__ = ["Prepared", "prepare_backends"]

ROWS = 1000  # of the reported split at most: enough to see a tenth of a point, and seconds instead of minutes
TOKENS = 2048  # of a batch, after padding
EXAMPLE = 11  # tokens of the batch that an engine may trace the model with
REASON = 300  # characters of an engine's own words


@dataclass(frozen=True)
class Prepared:
    """Backends that work here, and a record of each that was asked for."""

    ready: tuple[Backend, ...]
    records: tuple[BackendRecord, ...]


def prepare_backends(
    trained: Trained, examples: Examples, *, names: Sequence[str], metric: str, max_length: int
) -> Prepared:
    """Make each backend and compare its logits with plain torch's, on a fixed sample of the reported split.

    A backend that does not work here, or does not take this model, is recorded with the reason. A baseline has no
    backends. Where plain torch is the only one there is nothing to compare, and no row is computed.
    """
    if isinstance(trained.model, Baseline):
        return Prepared((), ())
    is_language = examples.splits["train"].running is not None
    examined = (_BlockExamination if is_language else _Examination)(trained.model, examples, metric, max_length)
    with tempfile.TemporaryDirectory() as scratch:
        found = [examined.examine(name, alone=len(names) == 1, scratch=Path(scratch)) for name in names]
    return Prepared(tuple(backend for backend, _ in found if backend), tuple(record for _, record in found))


class _Examination:
    """The rows to compare on, and what plain torch makes of them: computed once, when it is first needed."""

    def __init__(self, model: TrainedTransformer, examples: Examples, metric: str, max_length: int) -> None:
        from app.lab.profiling.backends import draw_batch, plain_backend

        self._built, self._metric = model.built, metric
        self._rows: EncodedSplit = self._choose(examples.splits[examples.evaluated], max_length)
        self._example = draw_batch(model.built, rows=2, length=min(EXAMPLE, max_length), padding=2)
        self._plain = plain_backend(model.built.model)
        self._reference: Logits | None = None

    def _choose(self, split: Split, max_length: int) -> EncodedSplit:
        from app.lab.tokens import encode_split

        chosen = sorted(random.Random(0).sample(range(len(split)), min(ROWS, len(split))))
        self._sample = split.take(chosen)
        return encode_split(self._sample, self._built.tokenizer, max_length)

    def _score(self, outputs: Outputs) -> float:
        return self._built.task.score(self._metric, outputs, self._sample)

    def examine(self, name: str, *, alone: bool, scratch: Path) -> tuple[Backend | None, BackendRecord]:
        from app.lab.profiling.backends import make_backend

        if name == "torch" and alone:
            return self._plain, BackendRecord(name=name, available=True, made=self._plain.made)
        try:
            made = self._plain if name == "torch" else make_backend(name, self._built.model, self._example, scratch)
            return made, self._compare(made)
        except Exception as error:  # the one place where a backend's failure, of whatever class, becomes a record
            words = " ".join(str(error).split())[:REASON]
            return None, BackendRecord(name=name, available=False, reason=f"{type(error).__name__}: {words}")

    def _compare(self, backend: Backend) -> BackendRecord:
        if self._reference is None:
            self._reference = self._predict(self._plain)
        logits = self._reference if backend is self._plain else self._predict(backend)
        task = self._built.task
        outputs = task.read_logits(logits)
        return BackendRecord(
            name=backend.name,
            available=True,
            made=backend.made,
            rows=len(self._rows),
            agreement=task.agreement(outputs, task.read_logits(self._reference)),
            largest_logit_difference=_largest_difference(logits, self._reference),
            score=self._score(outputs),
            size_bytes=backend.size_bytes,
        )

    def _predict(self, backend: Backend) -> Logits:
        from app.lab.prediction import gather_logits

        pad = self._built.tokenizer.pad_token_id
        logits = gather_logits(backend.predict, self._rows, pad, TOKENS)
        # the first row once more and alone: a single query is what many engines are chosen for
        logits[:1] = gather_logits(backend.predict, self._rows.first_row(), pad, TOKENS)
        return logits


class _BlockExamination(_Examination):
    """The same for a language model: blocks of running text, and logits for every token of them.

    The score is of the blocks alone, each without what goes before it: backends compare with one another by it, and
    not with the score of the run.
    """

    def _choose(self, split: Split, max_length: int) -> EncodedSplit:
        from app.lab.language.sampling import sample_blocks

        rows, self._targets = sample_blocks(split, self._built, max_length)
        return rows

    def _score(self, outputs: Outputs) -> float:
        from app.lab.language.sampling import score_blocks

        metric = "perplexity" if self._metric == "pseudo_perplexity" else self._metric
        return score_blocks(metric, outputs, self._targets, self._built)


def _largest_difference(logits: Logits, reference: Logits) -> float:
    """Over rows one by one, since they may have different numbers of labelled words; nan stays nan."""
    return float(np.max([np.abs(one - other).max(initial=0) for one, other in zip(logits, reference, strict=True)]))
