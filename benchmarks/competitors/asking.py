"""How a classifier is asked, whoever it is: one text at a time, and all texts at once."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable

from benchmarks.workloads import Workload, make_texts

__all__ = ["measure"]

WARM_UP = 5  # questions
QUESTIONS = 40


def measure(ask: Callable[[list[str]], object], workload: Workload, *, precision: str) -> None:
    """Print the median milliseconds of one question, and rows a second of all texts of the workload."""
    texts, _, _ = make_texts(workload.shape, workload.rows)
    for text in texts[:WARM_UP]:
        ask([text])
    latencies = [_seconds(ask, [texts[number % len(texts)]]) for number in range(min(QUESTIONS, 4 * len(texts)))]
    ask(texts[: len(texts) // 4])
    rate = len(texts) / _seconds(ask, texts)
    milliseconds = 1000 * statistics.median(latencies)
    print(json.dumps({"milliseconds": milliseconds, "rows_per_second": rate, "precision": precision}))


def _seconds(ask: Callable[[list[str]], object], texts: list[str]) -> float:
    began = time.perf_counter()
    ask(texts)  # probabilities come back to the CPU: a GPU has been waited for
    return time.perf_counter() - began
