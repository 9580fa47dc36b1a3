"""In Colab the first cell brings the project and what is lacking, exchanges nothing, and does nothing elsewhere."""

import json
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

import jupytext
import nbformat
import pytest
from jupyter_client.kernelspec import KernelSpec
from nbclient import NotebookClient

from app.anywhere.render import render_template
from app.bench import kernels
from tests.anywhere.colab import (
    INSTALLED,
    SLUG,
    bare_environment,
    be_colab,
    install_records,
    publish_project,
    stand_in_for_pip,
)
from tests.conftest import PROJECT

FINETUNE = PROJECT / "notebooks" / "finetune.py"


@dataclass
class Machine:
    """A Python of its own that has what Colab has, an empty folder to begin in, and GitHub in the next one."""

    python: Path
    content: Path
    environment: dict[str, str]

    def run(self, source: str) -> subprocess.CompletedProcess[str]:
        words = [str(self.python), "-c", source]
        return subprocess.run(
            words, cwd=self.content, env=self.environment, capture_output=True, text=True, timeout=120
        )

    def asked_pip(self) -> dict[str, list[str]] | None:
        path = Path(self.environment["PIP_RECORD"])
        return json.loads(path.read_text()) if path.exists() else None


@pytest.fixture
def make_machine(tmp_path):
    def make(*, colab: bool = True, pip_code: int = 0) -> Machine:
        venv.create(tmp_path / "python", with_pip=False)
        site = tmp_path / "site"
        environment = bare_environment(
            **publish_project(tmp_path / "hub"), **stand_in_for_pip(site, code=pip_code), PYTHONPATH=str(site)
        )
        if colab:
            environment |= be_colab(site)
        install_records(site)
        (tmp_path / "content").mkdir()
        return Machine(tmp_path / "python" / "bin" / "python", tmp_path / "content", environment)

    return make


def first_cell(slug: str | None = SLUG) -> str:
    notebook = nbformat.reads(render_template(FINETUNE, slug), as_version=4)
    return next(cell.source for cell in notebook.cells if cell.cell_type == "code")


def names(lines: list[str]) -> set[str]:
    return {line.split("=")[0].split("<")[0].split("~")[0].strip() for line in lines}


def test_it_brings_the_project_and_what_is_lacking(make_machine):
    colab = make_machine()
    done = colab.run(f"{first_cell()}\nprint(Path.cwd().name)\nimport app.layout\nprint(app.layout.__file__)")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-2:] == ["bert-benchmark", str(colab.content / "bert-benchmark/app/layout.py")]
    asked = colab.asked_pip()
    assert asked is not None
    wanted = asked["words"][asked["words"].index("--constraint") + 2 :]
    assert {"papermill", "evaluate", "onnxruntime", "schedulefree"} <= names(wanted)


def test_it_exchanges_nothing_that_is_there(make_machine):
    colab = make_machine()
    assert colab.run(first_cell()).returncode == 0
    asked = colab.asked_pip()
    assert asked is not None
    assert not names(asked["words"]) & set(INSTALLED)
    assert {"numpy==2.1.3", "torch==2.11.0+cpu", "ipykernel==6.17.1", "transformers==5.15.0"} <= set(asked["held"])
    assert names(asked["held"]) >= set(INSTALLED)
    assert "--upgrade" not in asked["words"]


def test_it_may_be_run_again_also_after_a_restart(make_machine):
    colab = make_machine()
    twice = f"{first_cell()}\n{first_cell()}\nprint(Path.cwd())"
    assert colab.run(twice).stdout.splitlines()[-1] == str(colab.content / "bert-benchmark")
    restarted = colab.run(f"{first_cell()}\nprint(Path.cwd())")
    assert restarted.returncode == 0
    assert restarted.stdout.splitlines()[-1] == str(colab.content / "bert-benchmark")


def test_it_fails_where_pip_does(make_machine):
    done = make_machine(pip_code=1).run(f"{first_cell()}\nprint('went on')")
    assert done.returncode != 0
    assert "went on" not in done.stdout


def test_it_fails_where_there_is_no_project(make_machine):
    done = make_machine().run(f"{first_cell('someone/else')}\nprint('went on')")
    assert done.returncode != 0
    assert "went on" not in done.stdout
    assert "someone/else" in done.stderr


def test_elsewhere_it_does_nothing(make_machine):
    machine = make_machine(colab=False)
    done = machine.run(first_cell())
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert machine.asked_pip() is None
    assert list(machine.content.iterdir()) == []


class _Plain(kernels._Manager):
    """Starts a kernel as Jupyter does, which knows nothing of this project."""

    @property
    def kernel_spec(self):
        command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        return KernelSpec(argv=command, display_name="Python 3", language="python")


@pytest.mark.slow
def test_a_notebook_runs_there_cell_by_cell_on_its_defaults(tmp_path, monkeypatch):
    notebook = nbformat.reads(render_template(FINETUNE, SLUG), as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell("import app\nprint(app.__file__)"))
    content = tmp_path / "content"
    content.mkdir()
    environment = {
        **publish_project(tmp_path / "hub"),
        **be_colab(tmp_path / "site"),
        "BERT_BENCHMARK_CACHE": str(tmp_path / "cache"),
    }
    monkeypatch.setattr(kernels, "_Manager", _Plain)
    kernel = kernels.Kernel(environment, tmp_path / "log.txt")
    try:
        NotebookClient(notebook, km=kernel.manager, timeout=250, resources={"metadata": {"path": content}}).execute()
    finally:
        kernel.close()
    said = "".join(output.get("text", "") for cell in notebook.cells[-2:] for output in cell.get("outputs", ()))
    assert "accuracy 0." in said
    assert str(content / "bert-benchmark" / "app") in said


def test_all_templates_begin_with_the_same_cell():
    sources = {
        next(cell.source for cell in jupytext.read(path).cells if cell.cell_type == "code")
        for path in (PROJECT / "notebooks").glob("*.py")
    }
    assert len(sources) == 1
    assert len(sources.pop().splitlines()) <= 12
