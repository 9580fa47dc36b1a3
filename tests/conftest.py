"""What all tests share: quiet libraries, one thread a process, and a folder of their own to write in."""

import os
from pathlib import Path

import pytest

# two test processes share two cores: threads of theirs would only wait for each other
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ["WANDB_MODE"] = "offline"
os.environ["WANDB_SILENT"] = "true"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
for key in ("WANDB_API_KEY", "HF_TOKEN"):
    os.environ.pop(key, None)

PROJECT = Path(__file__).resolve().parent.parent
SHARED_DATA = PROJECT.parent / "shared" / "data"


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
