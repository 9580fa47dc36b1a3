"""Files that runs read and that a node may not have: those of the data and of checkpoints, by relative paths.

What has an absolute path has to be on every node, and what is on a hub is fetched by each: neither is sent.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from app.config import Benchmark

__all__ = ["find_inputs"]


def find_inputs(benchmarks: Iterable[Benchmark]) -> tuple[Path, ...]:
    """The files and folders that the benchmarks name by a path relative to the folder of the command; each once."""
    named: list[str | Path] = []
    for benchmark in benchmarks:
        path = benchmark.dataset.path
        if isinstance(path, str):
            named.append(path)
        else:
            files = [file for file in (path.train, path.validation, path.test, *path.extra.values()) if file]
            named += [*files, *(file.with_name(f"{file.name}.dvc") for file in files)]  # what DVC knows of each
        named += [item.checkpoint for item in benchmark.architectures if item.checkpoint]
    relative = (Path(item) for item in named if not str(item).startswith(("/", "~")))
    return tuple(dict.fromkeys(path for path in relative if path.exists()))
