"""A template becomes a notebook that is whole, has no outputs, and is the same whenever nothing has changed."""

import jupytext
import nbformat
import pytest

from app.anywhere import render
from app.anywhere.render import main, render_template
from app.anywhere.repository import find_slug
from tests.conftest import PROJECT

TEMPLATES = sorted((PROJECT / "notebooks").glob("*.py"))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_notebook_is_valid_and_has_what_the_template_has(path):
    notebook = nbformat.reads(render_template(path, None), as_version=4)
    nbformat.validate(notebook)
    template = jupytext.read(path)
    assert [(cell.cell_type, cell.source) for cell in notebook.cells] == [
        (cell.cell_type, cell.source) for cell in template.cells
    ]
    assert [cell.metadata for cell in notebook.cells] == [cell.metadata for cell in template.cells]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in notebook.cells if "outputs" in cell)
    assert set(notebook.metadata) == {"kernelspec"}


def test_the_same_template_gives_the_same_notebook():
    assert render_template(TEMPLATES[0], "a/b") == render_template(TEMPLATES[0], "a/b")


def test_the_slug_stands_in_the_first_cell_and_nowhere_else():
    for path in TEMPLATES:
        with_slug, without = render_template(path, "a/b"), render_template(path, None)
        assert with_slug.count("https://github.com/a/b") == 1
        assert with_slug == without.replace("OWNER/NAME", "a/b")


@pytest.fixture
def project(tmp_path, monkeypatch):
    """The project's templates; what is rendered goes into an empty folder."""
    monkeypatch.setattr(render, "PROJECT", tmp_path)
    return tmp_path


def test_all_of_them_are_rendered_into_build(project, capsys):
    assert main(["a/b"]) == 0
    found = sorted(str(path.relative_to(project)) for path in project.rglob("*") if path.is_file())
    assert found == [f"build/notebooks/{path.stem}.ipynb" for path in TEMPLATES]
    assert capsys.readouterr().out.splitlines() == found


def test_without_a_slug_they_are_rendered_and_it_is_said_what_that_means(project, capsys, monkeypatch):
    monkeypatch.setattr(render, "find_slug", lambda given: find_slug(given, project))
    assert main([]) == 0
    assert "say SLUG=owner/name; without it the notebooks open everywhere but in Colab" in capsys.readouterr().err
    assert "OWNER/NAME" in (project / "build" / "notebooks" / "finetune.ipynb").read_text()


def test_a_slug_that_is_none_is_refused_and_nothing_written(project, capsys):
    assert main(["nobody"]) == 2
    assert "write owner/name" in capsys.readouterr().err
    assert list(project.iterdir()) == []
