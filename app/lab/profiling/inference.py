"""The forward passes of a trained model, timed: every backend with every batch size at every length."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.lab.baselines import Baseline
from app.lab.competitors import Trained
from app.lab.datasets import Examples
from app.lab.profiling.timing import Timing, time_passes
from app.lab.running import CHARACTERS
from app.results import InferenceCost

if TYPE_CHECKING:
    from app.lab.architectures import Built
    from app.lab.profiling.backends import Backend

__all__ = ["Operations", "count_operations", "measure_inference"]


@dataclass(frozen=True)
class Operations:
    """What one row of average length asks of the machine, and the most it can do in a second."""

    tokens_per_example: int  # mean of the reported split, rounded up
    flops_per_example: int
    matrix_limit_flops: float  # a second, in fp32


@dataclass(frozen=True)
class _Shape:
    """A forward pass to be timed; `limit` is the fewest seconds its matrix products could take, where known."""

    backend: str
    rows: int
    length: int
    forward: Callable[[], object]
    limit: float | None


def measure_inference(
    trained: Trained,
    examples: Examples,
    *,
    batch_sizes: Sequence[int],
    sequence_lengths: Sequence[int],
    max_length: int,
    backends: Sequence[Backend] | None = None,
) -> tuple[InferenceCost, ...]:
    """Time forward passes of every batch size at every length, in tokens, up to `max_length`.

    A transformer gets random token ids without padding, tokenising left out, behind each of `backends` (None: plain
    torch in fp32). A baseline has no tokens: it gets texts of that many words, vectorising included, since that is
    its model.
    """
    lengths = [length for length in sequence_lengths if length <= max_length] or [max_length]
    sizes = [(rows, length) for rows in batch_sizes for length in lengths]
    if isinstance(trained.model, Baseline):
        shapes = _baseline_shapes(trained.model, examples, sizes)
    else:
        shapes = _transformer_shapes(trained.model.built, sizes, backends)
    return _time_shapes(shapes)


def count_operations(trained: Trained, examples: Examples, *, max_length: int) -> Operations | None:
    """Count a row of average length, and hold it against the machine; None for a baseline, which has no such thing."""
    if isinstance(trained.model, Baseline):
        return None
    import torch

    from app.lab.profiling.limits import measure_limit
    from app.lab.tokens import encode_split

    built = trained.model.built
    if examples.splits["train"].running is not None:  # read in windows that are equally long
        tokens = max_length
    else:
        lengths = encode_split(examples.splits[examples.evaluated], built.tokenizer, max_length).lengths
        tokens = -(-int(lengths.sum()) // len(lengths))
    limit = measure_limit(built.model.device, torch.float32)
    return Operations(tokens, _count_row(built, tokens), limit)


def _time_shapes(shapes: Iterable[_Shape]) -> tuple[InferenceCost, ...]:
    """The one place where the clock runs: whatever must not be disturbed, or must not disturb, goes around this."""
    return tuple(_record(shape, time_passes(shape.forward)) for shape in shapes)


def _record(shape: _Shape, timing: Timing) -> InferenceCost:
    low, high = timing.interval or (None, None)
    median = timing.percentile(50)
    return InferenceCost(
        backend=shape.backend,
        batch_size=shape.rows,
        sequence_length=shape.length,
        p50_seconds=median,
        p90_seconds=timing.percentile(90),
        p95_seconds=timing.percentile(95),
        p99_seconds=timing.percentile(99),
        samples_per_second=shape.rows / timing.mean,
        repeats=len(timing.seconds),
        median_low_seconds=low,
        median_high_seconds=high,
        settled=timing.settled,
        mfu=shape.limit / median if shape.limit is not None else None,
    )


def _baseline_shapes(model: Baseline, examples: Examples, sizes: Sequence[tuple[int, int]]) -> list[_Shape]:
    train = examples.splits["train"]
    by_letter = train.running is not None and train.running.vocabulary == CHARACTERS
    some = " ".join(train.strings[0][:50])
    words, space = (list(some), "") if by_letter else (some.split(), " ")

    def shape(rows: int, length: int) -> _Shape:
        text = (words * (length // len(words) + 1))[:length]
        columns = [[tuple(text) if train.in_words else space.join(text)] * rows] * len(train.texts)
        return _Shape("sklearn", rows, length, lambda: model.answer(columns), None)

    return [shape(rows, length) for rows, length in sizes]


def _transformer_shapes(
    built: Built, sizes: Sequence[tuple[int, int]], backends: Sequence[Backend] | None
) -> list[_Shape]:
    import torch

    from app.lab.profiling.backends import draw_batch, plain_backend
    from app.lab.profiling.limits import measure_limit

    dtypes = {"fp32": torch.float32, "bf16": torch.bfloat16}  # no limit is measured for int8
    device, cpu = built.model.device, torch.device("cpu")
    batches = {(rows, length): draw_batch(built, rows=rows, length=length) for rows, length in sizes}
    flops = functools.cache(lambda length: _count_row(built, length))
    found = []
    for backend in backends if backends is not None else [plain_backend(built.model)]:
        place = cpu if backend.name.startswith("onnxruntime") else device
        dtype = dtypes.get(backend.precision)
        limit = measure_limit(place, dtype) if dtype else None
        for (rows, length), batch in batches.items():
            least = rows * flops(length) / limit if limit else None
            found.append(_Shape(backend.name, rows, length, backend.bind(batch), least))
    return found


def _count_row(built: Built, length: int) -> int:
    from app.lab.profiling.backends import draw_batch, plain_backend
    from app.lab.profiling.counting import count_flops

    row = draw_batch(built, rows=1, length=length)
    return count_flops(plain_backend(built.model).bind(row))
