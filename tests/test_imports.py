"""Imports flow one way, and the driver starts without the heavy libraries."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import PROJECT

APP = PROJECT / "app"
# what each room may import from; a module of app/ itself is a room of its own
ALLOWED = {
    "errors": set(),
    "layout": set(),
    "interrupts": set(),
    "checksums": set(),
    "clock": set(),
    "integrity": {"checksums", "results"},
    "drawing": set(),
    "documents": {"errors"},
    "tasks": set(),
    "validation": set(),
    "optimizers": {"validation"},
    "hyperparameters": {"optimizers", "validation"},
    "schema": {"hyperparameters", "tasks", "validation"},
    "config": {"errors", "documents", "layout", "schema", "hyperparameters", "optimizers", "tasks"},
    "results": {"checksums", "errors", "layout"},
    "suite": {"errors", "documents", "config", "schema", "tasks"},
    "anywhere": {"errors", "config", "layout", "bench"},
    "trials": {"results"},
    "bench": {"clock", "errors", "integrity", "config", "layout", "results", "suite", "tasks"},
    "search": {
        *("errors", "validation", "documents", "schema", "config", "layout", "integrity", "results", "trials", "tasks"),
        "bench",
    },
    "serving": {
        *("checksums", "clock", "errors", "validation", "integrity", "documents", "schema", "config", "layout"),
        *("results", "tasks", "drawing", "lab", "report"),
    },
    "lab": {
        *("checksums", "clock", "errors", "integrity", "documents", "config", "layout", "results", "drawing", "tasks"),
    },
    "report": {"errors", "integrity", "documents", "config", "layout", "results", "drawing", "tasks", "trials"},
    "terminal": {
        "errors",
        "config",
        "layout",
        "results",
        "trials",
        "bench",
        "search",
        "report",
        "serving",
        "lifecycle",
    },
    "packaging": {
        *("errors", "config", "layout", "results", "suite", "preparation", "running"),
        *("bench", "search", "lab", "report", "serving"),
    },
    "monitoring": {"errors", "layout", "bench", "report", "serving"},
    "lifecycle": {
        *("errors", "config", "layout", "results", "tasks", "preparation", "running", "packaging", "monitoring"),
        *("bench", "lab", "report", "serving"),
    },
    "arguments": {"errors", "config"},
    "production_arguments": {"arguments"},
    "production_terminal": {"errors", "results", "terminal", "lifecycle", "bench", "report", "serving"},
    "production": {
        *(
            "errors",
            "layout",
            "production_arguments",
            "packaging",
            "monitoring",
            "lifecycle",
            "running",
            "production_terminal",
        ),
        *("bench", "lab", "serving"),
    },
    "agent": {"documents", "layout"},
    "syncing": {"results", "lab"},
    "preparation": {"errors", "config", "layout", "results", "bench", "lab"},
    "searching": {
        "errors",
        "config",
        "layout",
        "results",
        "trials",
        "preparation",
        "running",
        "bench",
        "search",
        "report",
    },
    "hosting": {"errors", "config", "layout", "bench", "lab", "report"},
    "admission": {"errors", "config", "layout", "hosting", "bench"},
    "clustering": {"errors", "config", "layout", "results", "preparation", "admission", "hosting", "bench", "lab"},
    "running": {
        *("agent", "clock", "errors", "config", "layout", "results", "terminal", "preparation", "clustering"),
        *("bench", "lab", "report"),
    },
}


def rooms_imported_by(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("app."):
            found.add(node.module.split(".")[1])
    return found


@pytest.mark.parametrize("path", sorted(APP.rglob("*.py")), ids=lambda path: str(path.relative_to(APP)))
def test_imports_flow_one_way(path):
    room = path.relative_to(APP).parts[0].removesuffix(".py")
    if room in ("cli", "__main__", "__init__"):
        return
    assert rooms_imported_by(path) - {room} <= ALLOWED[room]


@pytest.mark.parametrize(
    "words",
    [["--help"], ["report", "--help"], ["architectures"], ["--config", "config/quickstart.yaml", "--dry-run"]],
)
def test_a_command_that_runs_nothing_imports_nothing_heavy(words, tmp_path):
    config = [str(PROJECT / word) if word.endswith(".yaml") else word for word in words]
    program = (
        "import sys\nfrom app.cli import main\n"
        f"try:\n    main({config!r})\nexcept SystemExit:\n    pass\n"
        "heavy = {'torch', 'transformers', 'datasets', 'evaluate', 'wandb', 'papermill', 'pandas', 'sklearn'}\n"
        "sys.exit(str(sorted(heavy & set(sys.modules))) if heavy & set(sys.modules) else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={"PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("words", [["--help"], ["report", "--help"], ["sweep", "--help"], ["monitor", "--help"]])
def test_help_reads_no_model_of_a_file(words):
    program = (
        "import sys\nfrom app.cli import main\n"
        f"try:\n    main({words!r})\nexcept SystemExit:\n    pass\n"
        "sys.exit('pydantic' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=PROJECT, env={"PYTHONPATH": str(PROJECT)}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
