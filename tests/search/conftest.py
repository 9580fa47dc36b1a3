"""Sweep files as the tests write them, over a small benchmark."""

from pathlib import Path

import pytest

COMMAND = ["${env}", "${interpreter}", "${program}", "--config", "x.yaml", "${args}"]
TOY = {"name": "toy", "family": "bert", "config": {"hidden_size": 16, "num_attention_heads": 2}}


@pytest.fixture
def write_sweep(here: Path, write_config):
    """Writes a sweep file beside a benchmark; keyword arguments replace keys of a small valid one, None removes one."""
    import yaml

    def write(file: str = "sweep.yaml", *, benchmark: dict[str, object] | None = None, **keys: object) -> Path:
        write_config(**{"architectures": [TOY], **(benchmark or {})})
        document = {
            "program": "app.py",
            "command": COMMAND,
            "method": "random",
            "metric": {"name": "eval_accuracy", "goal": "maximize"},
            "parameters": {"learning_rate": {"distribution": "log_uniform_values", "min": 1e-4, "max": 1e-2}},
            "run_cap": 4,
        }
        document |= keys
        path = here / file
        found = {key: value for key, value in document.items() if value is not None}
        path.write_text(yaml.safe_dump(found, sort_keys=False))
        return path

    return write
