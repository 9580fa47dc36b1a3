"""The command line as the tests type it, and what it leaves on disk."""

from pathlib import Path

from app.cli import main
from app.results import RunResult, read_result

__all__ = ["ARCHITECTURES", "SMALL", "refused", "results_in", "run"]

ARCHITECTURES = ["majority", {"name": "toy", "family": "bert", "config": {"hidden_size": 16, "num_attention_heads": 2}}]
SMALL = {
    "architectures": ARCHITECTURES,
    "hyperparameters": {"learning_rate": 1e-3, "epochs": 2, "batch_size": 16},
    "seeds": [0, 1],
}


def run(config: Path, *words: str) -> int:
    """The exit code of `python app.py --config CONFIG WORDS`."""
    return main(["--config", str(config), *words])


def results_in(here: Path, name: str = "tiny") -> dict[str, RunResult]:
    """Run id -> record of all runs of a benchmark that have ended."""
    found = (read_result(path) for path in sorted((here / "reports" / name / "runs").glob("*/result.json")))
    return {result.run_id: result for result in found if result}


def refused(capsys, *words: str) -> str:
    """The message of a command line that is refused; nothing may have been written."""
    assert main(list(words)) == 2
    return capsys.readouterr().err
