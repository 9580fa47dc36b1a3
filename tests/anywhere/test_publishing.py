"""The rendered notebooks go to a branch of their own: beside their templates, on top of the last ones, by no force."""

import re
import shutil
import subprocess

import pytest
import yaml

from tests.conftest import PROJECT

SCRIPT = PROJECT / ".ci" / "publish_notebooks"
WORKFLOW = PROJECT / ".github" / "workflows" / "publish-notebooks.yml"


@pytest.fixture
def git(tmp_path):
    def ask(*words: str, folder: str = "clone") -> str:
        done = subprocess.run(
            ["git", "-C", tmp_path / folder, "-c", "user.name=x", "-c", "user.email=x@example.org", *words],
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    return ask


@pytest.fixture
def clone(tmp_path, git):
    """A clone of a small project, whose remote is the bare repository `origin`."""
    subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", tmp_path / "origin"], check=True)
    subprocess.run(["git", "init", "--quiet", "--initial-branch=main", tmp_path / "clone"], check=True)
    folder = tmp_path / "clone"
    for name in (".ci", "notebooks", ".github/workflows", "build/notebooks"):
        (folder / name).mkdir(parents=True)
    shutil.copy(SCRIPT, folder / ".ci")
    (folder / "notebooks" / "a.py").write_text("# %%\n1\n")
    (folder / ".github" / "workflows" / "x.yml").write_text("on: push\n")
    (folder / ".gitignore").write_text("build/\n*.ipynb\n")
    (folder / "build" / "notebooks" / "a.ipynb").write_text("{}\n")
    git("remote", "add", "origin", str(tmp_path / "origin"))
    git("add", ".")
    git("commit", "--quiet", "--message", "One")
    git("push", "--quiet", "origin", "main")
    git("config", "user.name", "x")
    git("config", "user.email", "x@example.org")
    return folder


def publish(clone) -> subprocess.CompletedProcess[str]:
    words = [str(clone / ".ci" / "publish_notebooks"), "build/notebooks"]
    return subprocess.run(words, cwd=clone, capture_output=True, text=True, timeout=60)


def test_the_branch_has_the_project_and_the_notebooks_but_no_workflow(clone, git):
    done = publish(clone)
    assert done.returncode == 0, done.stderr
    files = git("ls-tree", "-r", "--name-only", "notebooks", folder="origin").splitlines()
    assert files == [".ci/publish_notebooks", ".gitignore", "notebooks/a.ipynb", "notebooks/a.py"]
    assert git("show", "notebooks:notebooks/a.ipynb", folder="origin") == "{}"


def test_main_and_what_is_checked_out_stay_as_they_are(clone, git):
    before = git("rev-parse", "main", folder="origin")
    publish(clone)
    assert git("rev-parse", "main", folder="origin") == before
    assert git("status", "--porcelain") == ""
    assert git("branch", "--list") == "* main"


def test_the_next_ones_are_a_commit_on_top_of_the_last(clone, git):
    publish(clone)
    first = git("rev-parse", "notebooks", folder="origin")
    (clone / "build" / "notebooks" / "a.ipynb").write_text('{"changed": 1}\n')
    assert publish(clone).returncode == 0
    assert git("rev-list", "notebooks", folder="origin").splitlines()[1:] == [first]


def test_where_nothing_has_changed_nothing_is_published(clone, git):
    publish(clone)
    first = git("rev-parse", "notebooks", folder="origin")
    done = publish(clone)
    assert "up to date" in done.stdout
    assert git("rev-parse", "notebooks", folder="origin") == first


def test_without_notebooks_it_says_what_writes_them(clone, git):
    (clone / "build" / "notebooks" / "a.ipynb").unlink()
    done = publish(clone)
    assert done.returncode == 2
    assert "make notebooks writes them" in done.stderr
    assert git("branch", "--list", folder="origin") == "* main"


def test_the_workflow_publishes_on_main_and_may_write_nowhere_but_there():
    text = WORKFLOW.read_text(encoding="utf-8")
    workflow = yaml.safe_load(text)
    assert workflow[True]["push"] == {"branches": ["main"]}  # `on` is a truth value in YAML 1.1
    assert workflow["permissions"] == {"contents": "read"}
    writing = {name for name, job in workflow["jobs"].items() if job.get("permissions")}
    assert writing == {"publish"}
    assert workflow["jobs"]["publish"]["permissions"] == {"contents": "write"}
    commands = "\n".join(step.get("run", "") for step in workflow["jobs"]["publish"]["steps"])
    assert ".ci/publish_notebooks build/notebooks" in commands
    assert not re.search(r"pip|make|python", commands)  # what may write has installed nothing
    assert "--force" not in text + SCRIPT.read_text(encoding="utf-8")


def test_every_action_is_pinned():
    for path in WORKFLOW.parent.glob("*.yml"):
        for action in re.findall(r"uses: (\S+)", path.read_text(encoding="utf-8")):
            assert re.fullmatch(r"(actions/[a-z-]+|github/codeql-action/[a-z]+)@v\d+", action)
