"""What is saved in Jupyter is the template as it was: no output, no metadata, no version of any program."""

import shutil

import jupytext
import nbformat
import pytest
from jupytext.config import load_jupytext_config

from tests.conftest import PROJECT

TEMPLATES = sorted((PROJECT / "notebooks").glob("*.py"))


@pytest.fixture
def save_from_jupyter(tmp_path):
    """Saves a notebook as Jupyter's contents manager does it: as text, by the settings in force for the file."""
    shutil.copy(PROJECT / "pyproject.toml", tmp_path)
    (tmp_path / "notebooks").mkdir()

    def save(notebook: nbformat.NotebookNode, name: str) -> str:
        path = tmp_path / "notebooks" / name
        text = jupytext.writes(
            nbformat.from_dict(notebook),
            fmt={"extension": ".py", "format_name": "percent"},
            config=load_jupytext_config(str(path)),
        )
        path.write_text(text, encoding="utf-8")
        return path.read_text(encoding="utf-8")

    return save


def executed(path) -> nbformat.NotebookNode:
    """The template as it is in JupyterLab once all cells have run, with what it and other programs note."""
    notebook = jupytext.read(path)
    notebook.metadata.kernelspec = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    notebook.metadata.language_info = {"name": "python", "version": "3.13.1", "mimetype": "text/x-python"}
    notebook.metadata.widgets = {"application/vnd.jupyter.widget-state+json": {"state": {}}}
    notebook.metadata.colab = {"provenance": []}
    for index, cell in enumerate(notebook.cells):
        cell.metadata |= {
            "editable": True,
            "slideshow": {"slide_type": ""},
            "execution": {"iopub.execute_input": "2026-11-20T12:00:00Z"},
            "ExecuteTime": {"start_time": "2026-11-20T12:00:00Z"},
            "collapsed": True,
            "scrolled": True,
            "trusted": True,
            "jupyter": {"outputs_hidden": True},
            "outputId": "0a1b2c3d",
        }
        if cell.cell_type == "code":
            cell.execution_count = index
            cell.outputs = [nbformat.v4.new_output("stream", text="said by a cell")]
    return notebook


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_template_that_was_executed_and_saved_is_as_it_was(save_from_jupyter, path):
    assert save_from_jupyter(executed(path), path.name) == path.read_text(encoding="utf-8")


def test_what_was_changed_is_all_that_changes(save_from_jupyter):
    path = PROJECT / "notebooks" / "finetune.py"
    notebook = executed(path)
    cell = next(cell for cell in notebook.cells if cell.source.startswith("benchmark: str"))
    cell.source = cell.source.replace("epochs: int = 4", "epochs: int = 5")
    expected = path.read_text(encoding="utf-8").replace("epochs: int = 4", "epochs: int = 5")
    assert save_from_jupyter(notebook, path.name) == expected


def test_it_is_the_projects_settings_that_keep_it_clean(save_from_jupyter, tmp_path):
    (tmp_path / "pyproject.toml").write_text("[tool.jupytext]\n")
    path = PROJECT / "notebooks" / "finetune.py"
    text = save_from_jupyter(executed(path), path.name)
    assert "jupytext_version" in text
    assert "ExecuteTime" in text or "editable" in text
