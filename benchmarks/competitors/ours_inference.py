"""Inference by a model that this project has trained, texts in and class probabilities out, tokenising included."""

from __future__ import annotations

from app.lab.datasets import Split
from benchmarks.competitors.asking import measure
from benchmarks.competitors.ours import build, train
from benchmarks.workloads import parse_workload


def main() -> None:
    """Measure single questions, then many at once."""
    workload = parse_workload(__doc__)
    trained = train(build(workload), workload, rows=4)

    def ask(texts: list[str]) -> object:
        return trained.predict(Split((tuple(texts),), (0,) * len(texts)))

    measure(ask, workload, precision=trained.precision)


if __name__ == "__main__":
    main()
