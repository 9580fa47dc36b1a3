"""Templates run as plain scripts on their defaults, within what Binder gives; tests/anywhere holds their form."""

import contextlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import pytest

from tests.conftest import PROJECT
from tests.report.golden import Made, make_benchmark
from tests.report.suites import make_suite
from tests.seldom import seldom

GIGABYTE = 1 << 30
BINDER = 2 * GIGABYTE
SERVER = GIGABYTE // 2  # of them for JupyterLab's own
_LOOK_SECONDS = 0.05


def run_limited(words: list[str], folder: Path, limit: int) -> tuple[int, str]:
    """Exit code and all that was said; killed as soon as it holds more than `limit` bytes, its children included.

    So a container's limit works, which counts the pages in memory. The limits of setrlimit count what is reserved,
    of which torch and its threads take far more than they ever touch.
    """
    with (
        tempfile.TemporaryFile("w+") as output,
        subprocess.Popen(words, cwd=folder, stdout=output, stderr=output) as run,
    ):
        while run.poll() is None:
            if held_by(run.pid) > limit:
                run.kill()
            time.sleep(_LOOK_SECONDS)
        output.seek(0)
        return run.returncode, output.read()


def held_by(pid: int) -> int:
    """Bytes of the pages that a process and its children have in memory."""
    held = 0
    with contextlib.suppress(psutil.NoSuchProcess):
        parent = psutil.Process(pid)
        for process in (parent, *parent.children(recursive=True)):
            held += process.memory_info().rss
    return held


def copy_project(folder: Path) -> None:
    """The project without what benchmarks have left in it."""
    for place in ("app", "config", "notebooks"):
        shutil.copytree(PROJECT / place, folder / place, ignore=shutil.ignore_patterns("__pycache__", "*.ipynb"))


@pytest.mark.parametrize(
    ("folder", "name", "said"),
    [
        seldom("notebooks", "finetune.py", "accuracy 0."),
        seldom(".", "language_model.py", "perplexity "),
    ],
)
def test_the_template_of_a_run_is_a_script_that_fits_into_binder(folder, name, said):
    words = [sys.executable, str(PROJECT / "notebooks" / name)]
    code, output = run_limited(words, PROJECT / folder, BINDER - SERVER)
    assert code == 0, output
    assert said in output


def test_what_does_not_fit_is_ended():
    words = [sys.executable, "-c", f"held = b'x' * {GIGABYTE // 4}\nimport time\ntime.sleep(60)"]
    code, _ = run_limited(words, PROJECT, GIGABYTE // 8)
    assert code == -signal.SIGKILL


@pytest.mark.parametrize("folder", [seldom("."), "notebooks"])
def test_the_templates_of_pages_are_scripts_too_once_there_is_something_to_tell(tmp_path, folder):
    copy_project(tmp_path)
    runs = [Made(architecture=name, seed=seed) for name in ("a", "b") for seed in (0, 1)]
    for name in ("quickstart", "earlier"):
        make_benchmark(tmp_path / "reports" / name, runs, pages=False)
    scores = {"a": [{"validation": {"accuracy": 0.7}}], "b": [{"validation": {"accuracy": 0.8}}]}
    make_suite(tmp_path / "reports" / "suite", {"one": scores}, counted={"one": ["accuracy"]})
    for name in ("report.py", "comparison.py", "suite.py") if folder == "." else ("report.py",):
        words = [sys.executable, str(tmp_path / "notebooks" / name)]
        done = subprocess.run(words, cwd=tmp_path / folder, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        assert "yet" not in done.stdout


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("report.py", "reports/quickstart: no benchmark here yet; run `python app.py --config config/quickstart.yaml`"),
        ("search.py", "no search here yet; run `python app.py sweep --config config/sweep.yaml`"),
        seldom("suite.py", "reports/suite: no suite here yet; run `python app.py --config config/suite.yaml`"),
        seldom("comparison.py", "no benchmark here yet; run `python app.py --config "),
        seldom("package.py", "no benchmark here yet; run `python app.py --config config/quickstart.yaml`"),
        (
            "promotion.py",
            "registry: nothing was decided on version 1 yet; run `python app.py promote quickstart@1` first",
        ),
        ("drift.py", "served/quickstart: nothing was served here yet; run `python app.py serve` first"),
    ],
)
def test_the_template_of_a_page_says_in_one_line_what_to_run_first(tmp_path, name, said):
    copy_project(tmp_path)
    words = [sys.executable, str(tmp_path / "notebooks" / name)]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    (line,) = done.stdout.splitlines()
    assert said in line
