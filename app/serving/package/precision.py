"""fp32 or int8: how fast each graph is, how good, and which of them is worth packaging."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from app.lab.profiling.timing import time_passes
from app.report.page.wording import score as worded
from app.serving.engine.engine import Engine
from app.serving.engine.tokens import Encoded
from app.serving.package.manifest import PackageTiming
from app.serving.package.points import gain_in_points

__all__ = ["FASTER", "SHORT", "Verdict", "choose_precision", "time_engines"]

FASTER = 1.3  # times: what int8 has to be, to be worth what it costs
SHORT = 16  # tokens of a short question
ROUNDS = 2  # the graphs take turns, so that a machine that slows down slows both


@dataclass(frozen=True)
class Verdict:
    """Whether int8 is packaged, and why, in a sentence."""

    takes_int8: bool
    reason: str


def time_engines(
    engines: Mapping[str, Engine], scores: Mapping[str, float], *, lengths: Sequence[int], threads: int
) -> tuple[PackageTiming, ...]:
    """The median of a forward pass of one row, of each graph at each length, tokenising left out.

    Args:
        engines: precision -> the graph, opened with so many `threads`.
        scores: precision -> the metric of the graph.
        lengths: of the row, in tokens.
        threads: that a pass computes with.
    """
    found = []
    for length in dict.fromkeys(lengths):
        passes: dict[str, list[float]] = {name: [] for name in engines}
        for _ in range(ROUNDS):
            for name, engine in engines.items():
                row = _draw_row(engine, length)
                passes[name] += time_passes(lambda at=engine, of=row: at.compute([of])).seconds  # type: ignore[misc]
        found += [
            PackageTiming(
                precision=engine.manifest.precision,
                batch_size=1,
                sequence_length=length,
                p50_seconds=statistics.median(passes[name]),
                threads=threads,
                size_bytes=engine.manifest.size_bytes,
                score=scores[name],
            )
            for name, engine in engines.items()
        ]
    return tuple(found)


def choose_precision(metric: str, timings: Sequence[PackageTiming], *, max_loss: float) -> Verdict:
    """int8 where it is faster by enough at every length, and loses few enough points."""
    by_length: dict[int, dict[str, PackageTiming]] = {}
    for timing in timings:
        by_length.setdefault(timing.sequence_length, {})[timing.precision] = timing
    pairs = [pair for pair in by_length.values() if len(pair) == 2]
    if not pairs:
        return Verdict(False, "int8 was not measured")
    speed = min(pair["fp32"].p50_seconds / pair["int8"].p50_seconds for pair in pairs)
    plain, quantised = pairs[0]["fp32"].score, pairs[0]["int8"].score
    gain = gain_in_points(metric, plain, quantised)
    figures = f"int8 is {speed:.2f} times as fast as fp32 and changes {metric} by {gain:+.2f} points"
    scores = f"({worded(plain)} to {worded(quantised)})"
    if speed < FASTER:
        return Verdict(False, f"{figures} {scores}; it would have to be {FASTER} times as fast")
    if not gain >= -max_loss:
        return Verdict(False, f"{figures} {scores}; it may lose {max_loss:g} at most")
    allowed = f", within the {max_loss:g} that it may lose" if gain < 0 else ""
    return Verdict(True, f"{figures} {scores}{allowed}")


def _draw_row(engine: Engine, length: int) -> Encoded:
    vocabulary = engine.encoder.tokenizer.get_vocab_size()
    ids = np.random.default_rng(0).integers(vocabulary // 2, vocabulary, size=length)
    return Encoded.of(ids)
