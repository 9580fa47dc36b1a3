"""What all tests share: quiet libraries, one thread a process, and a folder of their own to write in."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from app.bench.warm import WarmParent

# three test processes share two cores, one of them mostly waiting: threads of theirs would only get in each other's way
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ["WANDB_MODE"] = "offline"
os.environ["WANDB_SILENT"] = "true"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
for key in ("WANDB_API_KEY", "HF_TOKEN"):
    os.environ.pop(key, None)

PROJECT = Path(__file__).resolve().parent.parent
SHARED_DATA = PROJECT.parent / "shared" / "data"


# a group takes its time and is begun first, so that the others fill the gaps: see --dist in pyproject.toml
SLOW = (
    *("tests/test_clustering", "tests/wire/", "tests/cli/", "tests/lab/profiling/test_backends"),
    *("tests/bench/test_notebooks", "tests/lab/profiling/test_checks", "tests/lab/test_training"),
    "tests/report/test_report",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: next((i for i, place in enumerate(SLOW) if item.nodeid.startswith(place)), len(SLOW)))


@pytest.fixture(scope="session")
def warm_parent() -> Iterator["WarmParent | None"]:
    """One parent of warm kernels for all tests of a process: to start one takes many seconds."""
    from app.bench.kernels import kernel_environment
    from app.bench.warm import WarmParent, can_fork

    if not can_fork():
        yield None
        return
    parent = WarmParent(kernel_environment())
    yield parent
    parent.close()


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that the test runs in, with a cache of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BERT_BENCHMARK_CACHE", str(tmp_path / "cache"))
    return tmp_path


@pytest.fixture
def write_config(here: Path):
    """Writes a benchmark file; keyword arguments replace top-level keys of a small valid one."""
    import yaml

    def write(file: str = "x.yaml", **keys: object) -> Path:
        document = {
            "name": "tiny",
            "task": {"kind": "text-classification", "metric": "accuracy"},
            "dataset": {"path": "builtin/acceptability", "max_length": 16, "limit": 60},
            "architectures": ["majority"],
            "inference": {"batch_sizes": [1], "sequence_lengths": [8]},
            "tracking": {"mode": "disabled"},
        }
        document |= keys
        path = here / file
        path.write_text(yaml.safe_dump({key: value for key, value in document.items() if value is not None}))
        return path

    return write
