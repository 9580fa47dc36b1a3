"""Binder builds the right Python, the locked packages and torch for processors, and nothing for developers."""

import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from app.anywhere.packages import locked_lines, machine_lines
from tests.conftest import PROJECT

_REPO2DOCKER = """
import json, warnings
warnings.simplefilter("ignore")  # of its own libraries
from repo2docker.app import Repo2Docker
app = Repo2Docker()
chosen = next(pack for pack in (kind(app.base_image) for kind in app.buildpacks) if pack.detect())
chosen.platform = "linux/amd64"
print(json.dumps({
    "pack": type(chosen).__name__,
    "python": chosen.python_version,
    "before": chosen.get_preassemble_scripts(),
    "assemble": chosen.get_assemble_scripts(),
    "after": chosen.get_post_build_scripts(),
    "files": sorted(chosen.get_build_script_files()),
    "dockerfile": chosen.render(),
}))
"""

_RECORDER = """
import json, os, sys
from pathlib import Path

words = sys.argv[1:]
files = [Path(after).read_text() for word, after in zip(words, words[1:]) if word == "--requirement"]
with open(os.environ["RECORD"], "a") as record:
    record.write(json.dumps({"words": words, "lines": "".join(files).splitlines()}) + "\\n")
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """What a clone of the project has."""
    folder = tmp_path_factory.mktemp("clone") / "project"
    ignore = shutil.ignore_patterns("__pycache__", "*.ipynb")
    for name in ("app", "notebooks", ".binder"):
        shutil.copytree(PROJECT / name, folder / name, ignore=ignore)
    for name in ("Pipfile", "Pipfile.lock", "pyproject.toml", ".python-version"):
        shutil.copy(PROJECT / name, folder)
    return folder


@pytest.fixture(scope="module")
def built(project):
    """What repo2docker makes of it; no container engine is asked."""
    words = [sys.executable, "-c", _REPO2DOCKER]
    done = subprocess.run(words, cwd=project, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_it_is_built_as_a_python_project_of_the_projects_python(built):
    assert built["pack"] == "PythonBuildPack"  # not by the Pipfile, which its pipenv is too old for
    assert built["python"] == (PROJECT / ".python-version").read_text().strip()
    assert f"conda/environment.py-{built['python']}-linux-64.lock" in built["files"]


def test_it_installs_nothing_by_itself_and_runs_the_script_of_the_project(built):
    assert not re.findall(r"(?:pip|pipenv|mamba)\S* (?:install|env update)", str(built["before"] + built["assemble"]))
    assert built["after"] == [".binder/postBuild"]
    assert re.search(r"^RUN \./\.binder/postBuild$", built["dockerfile"], re.MULTILINE)


def test_the_script_can_be_executed():
    assert os.access(PROJECT / ".binder" / "postBuild", os.X_OK)


@pytest.fixture(scope="module")
def asked(project, tmp_path_factory):
    """What `postBuild` asks pip for, in order; pip itself is a stand-in that writes it down."""
    programs = tmp_path_factory.mktemp("programs")
    (programs / "pip.py").write_text(textwrap.dedent(_RECORDER))
    for name, words in (("pip", f'"{sys.executable}" "{programs}/pip.py"'), ("python", f'"{sys.executable}"')):
        (programs / name).write_text(f'#!/bin/sh\nexec {words} "$@"\n')
        (programs / name).chmod(0o755)
    environment = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}", "RECORD": str(programs / "asked")}
    done = subprocess.run(
        [".binder/postBuild"], cwd=project, env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in Path(environment["RECORD"]).read_text().splitlines()]


def names(lines: list[str]) -> set[str]:
    return {re.split(r"[\[=<>~ ;]", line)[0] for line in lines}


def test_the_packages_are_those_of_the_lock_with_their_hashes(asked):
    locked = asked[0]
    assert locked["lines"] == locked_lines()
    assert all("==" in line and " --hash=sha256:" in line for line in locked["lines"])
    assert {"jupytext", "papermill", "ipykernel", "transformers"} <= names(locked["lines"])


def test_torch_comes_from_the_index_for_processors_alone(asked):
    assert "torch" not in names(asked[0]["lines"])
    (line,) = asked[1]["lines"]
    assert re.fullmatch(r"torch==[0-9.]+", line)
    assert line in machine_lines()
    words = asked[1]["words"]
    assert words[words.index("--index-url") + 1] == "https://download.pytorch.org/whl/cpu"
    assert not any("extra-index" in word for word in words)


def test_what_needs_torch_comes_after_it(asked):
    assert {"accelerate", "schedulefree"} <= names(asked[2]["lines"])
    assert not any("--index-url" in item["words"] for item in (asked[0], asked[2]))


def test_nothing_is_installed_that_only_developers_need(asked):
    lock = json.loads((PROJECT / "Pipfile.lock").read_text(encoding="utf-8"))
    only = set(lock["develop"]) - set(lock["default"])
    assert "pytest" in only
    assert not only & {name for item in asked for name in names(item["lines"])}


def test_the_notebooks_are_rendered(asked, project):
    assert {path.stem for path in (project / "build" / "notebooks").glob("*.ipynb")} == {
        path.stem for path in (project / "notebooks").glob("*.py")
    }
