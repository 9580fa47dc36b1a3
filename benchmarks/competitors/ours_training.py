"""Training as this project does it, at its default settings: rows a second of one epoch, evaluation left out."""

from __future__ import annotations

import json

from benchmarks.competitors.ours import build, train
from benchmarks.workloads import BATCH, parse_workload


def main() -> None:
    """Train a little to warm up, then measure."""
    workload = parse_workload(__doc__)
    built = build(workload)
    train(built, workload, rows=min(BATCH, workload.rows), seed=1)
    trained = train(built, workload, rows=workload.rows)
    print(json.dumps({"rows_per_second": trained.rows_per_second, "precision": trained.precision}))


if __name__ == "__main__":
    main()
