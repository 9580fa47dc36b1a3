"""The engine of a package alone, one text at a time: what a request would take if HTTP took nothing."""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from pathlib import Path

from app.layout import PackageFolder
from app.serving.api.opening import open_engine
from app.serving.engine.answers import read_answer
from benchmarks.workloads import make_texts

WARM_UP, QUESTIONS = 30, 300


def main() -> None:
    """Print the median milliseconds of one text, from text to answer."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--package", type=Path, required=True)
    parser.add_argument("--shape", default="short")
    arguments = parser.parse_args()
    engine = open_engine(PackageFolder(arguments.package), len(os.sched_getaffinity(0)))
    texts, _, _ = make_texts(arguments.shape, 64)
    seconds = []
    for number in range(WARM_UP + QUESTIONS):
        began = time.perf_counter()
        (row,) = engine.encode([(texts[number % len(texts)],)])
        read_answer(engine.manifest, row, engine.compute([row])[0])
        seconds.append(time.perf_counter() - began)
    print(json.dumps({"milliseconds": 1000 * statistics.median(seconds[WARM_UP:])}))


if __name__ == "__main__":
    main()
