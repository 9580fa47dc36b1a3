"""Templates narrate: they define nothing, keep to their form, and run as plain scripts on their defaults."""

import ast
import subprocess
import sys

import jupytext
import pytest

from tests.conftest import PROJECT

TEMPLATES = sorted((PROJECT / "notebooks").glob("*.py"))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_template_defines_nothing(path):
    defined = [
        node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef | ast.ClassDef)
    ]
    assert defined == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_its_header_has_the_format_and_the_kernel_only(path):
    notebook = jupytext.read(path)
    assert set(notebook.metadata) == {"jupytext", "kernelspec"}
    assert set(notebook.metadata["jupytext"]) == {"text_representation"}
    assert notebook.metadata["kernelspec"] == {"display_name": "Python 3", "language": "python", "name": "python3"}


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_its_parameters_are_one_literal_a_line(path):
    (cell,) = [cell for cell in jupytext.read(path).cells if "parameters" in cell.metadata.get("tags", ())]
    for line in cell.source.splitlines():
        (statement,) = ast.parse(line).body
        assert isinstance(statement, ast.AnnAssign), line
        ast.literal_eval(statement.value)


@pytest.mark.parametrize(
    ("folder", "name", "said"),
    [
        (".", "finetune.py", "accuracy 0."),
        ("notebooks", "finetune.py", "accuracy 0."),
        (".", "language_model.py", "perplexity "),
    ],
)
def test_the_template_runs_as_a_plain_script_on_its_defaults(folder, name, said):
    path = PROJECT / "notebooks" / name
    done = subprocess.run(
        [sys.executable, str(path)], cwd=PROJECT / folder, capture_output=True, text=True, timeout=250
    )
    assert done.returncode == 0, done.stderr
    assert said in done.stdout
