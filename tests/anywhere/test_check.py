"""The check of the templates finds every kind of drift, with the line and the remedy, and passes what is right."""

import json
import re
import shutil
import subprocess

import pytest

from app.anywhere import check
from app.anywhere.check import check_notebook, check_template, main
from app.anywhere.expected import planned_parameters
from app.config import load_config
from app.layout import template_of
from tests.conftest import PROJECT

TEMPLATES = sorted((PROJECT / "notebooks").glob("*.py"))
NOTEBOOK = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}


@pytest.fixture
def faults_after(tmp_path):
    """The faults of a template once `before` in it has become `after`."""

    def change(before: str, after: str, name: str = "finetune.py") -> list[str]:
        text = (PROJECT / "notebooks" / name).read_text(encoding="utf-8")
        assert text.count(before) >= 1
        path = tmp_path / name
        path.write_text(text.replace(before, after, 1), encoding="utf-8")
        return [f"{fault.place}: {fault.message}" for fault in check_template(path)]

    return change


def line_of(text: str, name: str = "finetune.py") -> int:
    lines = (PROJECT / "notebooks" / name).read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, start=1) if line.startswith(text))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_every_template_keeps_its_form(path):
    assert check_template(path) == []


def test_the_project_passes(capsys):
    assert main([]) == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("def helper():\n    pass\n", "def helper: a template defines nothing; put it in app/lab"),
        ("async def helper():\n    pass\n", "def helper: a template defines nothing"),
        ("class Helper:\n    pass\n", "class Helper: a template defines nothing"),
        ("if True:\n    def helper():\n        pass\n", "def helper: a template defines nothing"),
    ],
)
def test_a_definition_is_found_wherever_it_stands(faults_after, source, said):
    (fault,) = faults_after("# %%\nmeter = Meter()\n", f"# %%\n{source}meter = Meter()\n")
    number = line_of("meter = Meter()") + source[: source.index("def" if "def" in source else "class")].count("\n")
    assert fault.startswith(f"{number}: {said}")


@pytest.mark.parametrize(
    ("before", "after", "line"),
    [
        ("Python 3 (ipykernel)", "bench", 8),
        ("#       format_name: percent\n", "#       format_name: percent\n#       format_version: '1.3'\n", 7),
        ("#     name: python3\n# ---\n", "#     name: python3\n#   language_info: {}\n# ---\n", 11),
        ("# ---\n# jupyter:\n", "# jupyter:\n", 1),
    ],
)
def test_a_header_that_says_more_less_or_something_else_is_found(faults_after, before, after, line):
    (fault,) = faults_after(before, after)
    assert fault.startswith(f"{line}: the header has ")
    assert "where it has to have" in fault


@pytest.mark.parametrize(
    ("metadata", "named"),
    [
        ('ExecuteTime={"start": "now"}', "ExecuteTime"),
        ('colab={"base_uri": "x"} outputId="y"', "colab, outputId"),
        ("editable=true", "editable"),
    ],
)
def test_what_a_program_notes_of_an_execution_is_found(faults_after, metadata, named):
    (fault,) = faults_after("# %%\nmeter = Meter()\n", f"# %% {metadata}\nmeter = Meter()\n")
    assert fault == f"{line_of('meter = Meter()') - 1}: the cell's metadata have {named}; only tags are kept"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("epochs: int = 4  # so x = 1", "epochs: papermill cannot read the line; leave one = on it"),
        (
            "epochs: int | None = 4",
            "epochs: its type is int | None; papermill can pass bool, int, float, str, list, dict",
        ),
        ("epochs: int = None", "epochs: its default is no literal of type int"),
        ("epochs: int = 2 + 2 * len('')", "epochs: its default is no literal of type int"),
        ("epochs: list = (1, 2)", "epochs: its default is no literal of type list"),
        ("epochs: int", "epochs: its default is no literal of type int"),
        ("epochs = 4", "'epochs = 4' is no parameter; write name: type = value  # unit"),
        ("epochs: int = 4; x: int = 1", "'epochs: int = 4; x: int = 1' is no parameter"),
        ("epochs: list = [\n    1,\n]", "a parameter has to stand on one line"),
    ],
)
def test_a_parameter_that_papermill_cannot_read_or_pass_is_found(faults_after, line, said):
    faults = faults_after("epochs: int = 4\n", f"{line}\n")
    assert any(fault.startswith(f"{line_of('epochs: int')}: {said}") for fault in faults), faults


@pytest.mark.parametrize("marks", ["# %%", '# %% tags=["parameter"]'])
def test_a_template_without_a_cell_of_parameters_is_found(faults_after, marks):
    (fault,) = faults_after('# %% tags=["parameters"]', marks)
    assert fault.startswith('1: 0 cells are tagged parameters; begin exactly one with # %% tags=["parameters"]')


def test_two_cells_of_parameters_are_one_too_many(faults_after):
    (fault,) = faults_after("# %%\nmeter", '# %% tags=["parameters"]\nmeter')
    assert "2 cells are tagged parameters" in fault


def test_a_parameter_of_the_plan_that_the_template_does_not_take_is_found(faults_after):
    (fault,) = faults_after("learning_rate: float = 0.002\n", "")
    assert "learning_rate: the plan passes it and the cell has no such parameter; add it" in fault


def test_a_parameter_that_the_plan_does_not_pass_is_found(faults_after):
    first, second = faults_after("learning_rate: float", "learning_rat: float")
    assert "learning_rate: the plan passes it" in first
    assert second.startswith(f"{line_of('learning_rate: float')}: learning_rat: the plan passes no such parameter")


def test_a_parameter_of_another_type_than_the_plans_is_found(faults_after):
    (fault,) = faults_after("epochs: int = 4", 'epochs: str = "4"')
    assert fault == f"{line_of('epochs: int')}: epochs: the plan passes int, the cell says str; write epochs: int"


@pytest.mark.parametrize(
    ("name", "parameter"), [("report.py", "folder"), ("suite.py", "folder"), ("comparison.py", "against")]
)
def test_the_parameters_of_reports_are_held_to_what_they_are_given(faults_after, name, parameter):
    first, _ = faults_after(f"{parameter}: str", "place: str", name)
    assert f"{parameter}: the plan passes it" in first


def test_a_first_cell_of_its_own_is_found(faults_after):
    (fault,) = faults_after("--depth=1", "--depth=2", "report.py")
    assert fault.startswith(
        f"{line_of('import os', 'report.py')}: the first cell of code is not that of notebooks/finetune.py"
    )


def test_what_is_no_python_is_found(faults_after):
    (fault,) = faults_after("meter = Meter()", "meter = Meter(")
    assert "not Python" in fault


@pytest.mark.parametrize("name", ["quickstart", "lyrics", "ratings", "tinyshakespeare"])
def test_the_parameters_it_expects_are_those_of_real_plans(name):
    from app.bench.plan import plan_runs

    benchmark = load_config(PROJECT / "config" / f"{name}.yaml")
    runs = plan_runs(benchmark, template_source="", data_fingerprint="", checkpoints={})
    real = next(run for run in runs if not run.architecture.is_baseline)
    assert set(planned_parameters(template_of(benchmark.task.kind).name) or ()) == set(real.parameters)


@pytest.mark.parametrize(
    "cell", [{"outputs": [{"output_type": "stream"}]}, {"outputs": [], "execution_count": 3}], ids=["output", "count"]
)
def test_a_notebook_with_outputs_is_found_by_its_cell(tmp_path, cell):
    path = tmp_path / "x.ipynb"
    path.write_text(json.dumps({**NOTEBOOK, "cells": [{"outputs": []}, {"cell_type": "code", "source": "", **cell}]}))
    (fault,) = check_notebook(path)
    assert str(fault).startswith(
        f"{path}:cell 1: has outputs; keep the template alone: jupytext --to py:percent x.ipynb"
    )


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"cells": 3}', '{"cells": [1]}'])
def test_a_file_that_is_no_notebook_is_said_to_be_none(tmp_path, text):
    path = tmp_path / "x.ipynb"
    path.write_text(text)
    (fault,) = check_notebook(path)
    assert "not a notebook" in fault.message


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A repository with the project's templates, which the check takes for the project."""
    shutil.copytree(
        PROJECT / "notebooks", tmp_path / "notebooks", ignore=shutil.ignore_patterns("*.ipynb", ".*", "__*")
    )
    (tmp_path / ".gitignore").write_text("*.ipynb\n")
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    monkeypatch.setattr(check, "PROJECT", tmp_path)
    monkeypatch.setattr(check, "NOTEBOOKS", tmp_path / "notebooks")
    monkeypatch.setattr(check, "FINETUNE", tmp_path / "notebooks" / "finetune.py")
    return tmp_path


def test_a_notebook_that_git_keeps_is_found_wherever_it_lies(repository, capsys):
    (repository / "docs").mkdir()
    (repository / "docs" / "x.ipynb").write_text(json.dumps(NOTEBOOK))
    assert main([]) == 0
    subprocess.run(["git", "-C", repository, "add", "--force", "docs/x.ipynb"], check=True)
    assert main([]) == 1
    assert "docs/x.ipynb:1: a notebook that git would keep" in capsys.readouterr().out


def test_a_notebook_beside_the_templates_may_be_there_without_outputs_only(repository, capsys):
    beside = repository / "notebooks" / "finetune.ipynb"
    beside.write_text(json.dumps({**NOTEBOOK, "cells": [{"outputs": []}]}))
    assert main([]) == 0
    beside.write_text(json.dumps({**NOTEBOOK, "cells": [{"outputs": [{}]}]}))
    assert main([]) == 1
    assert "notebooks/finetune.ipynb:cell 0: has outputs" in capsys.readouterr().out


def test_every_fault_of_every_template_is_told_with_its_file(repository, capsys):
    for name in ("report.py", "suite.py"):
        path = repository / "notebooks" / name
        path.write_text(
            path.read_text().replace("# %%\nbenchmark = ", "# %%\nclass A: ...\n\n\nbenchmark = ")
            + "\n\ndef f(): ...\n"
        )
    assert main([]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [re.match(r"notebooks/(\w+)\.py:\d+: (def|class)", line)[1] for line in lines] == [
        "report",
        "report",
        "suite",
    ]


def test_a_file_that_is_not_there_is_exit_code_2(capsys):
    assert main(["nowhere.py"]) == 2
    assert "no such file: nowhere.py" in capsys.readouterr().err
