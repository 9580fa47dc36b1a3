"""Templates run as plain scripts on their defaults, within what Binder gives; tests/anywhere holds their form."""

import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import PROJECT

BINDER = 2 << 30  # bytes for all processes
SERVER = 512 << 20  # of them for JupyterLab's own


def limit_memory():
    """What the process may write to: its heap and everything mapped for itself alone (Linux; elsewhere no limit)."""
    resource.setrlimit(resource.RLIMIT_DATA, (BINDER - SERVER, BINDER - SERVER))


def run_limited(words: list[str], folder: Path) -> tuple[int, str, int]:
    """Exit code, all that was said, and the most memory held in bytes."""
    process = subprocess.Popen(
        words, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, preexec_fn=limit_memory
    )
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.stdout.close()
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, said, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


@pytest.mark.parametrize(
    ("folder", "name", "said"),
    [
        (".", "finetune.py", "accuracy 0."),
        (".", "language_model.py", "perplexity "),
    ],
)
def test_the_template_of_a_run_is_a_script_that_fits_into_binder(folder, name, said):
    code, output, peak = run_limited([sys.executable, str(PROJECT / "notebooks" / name)], PROJECT / folder)
    assert code == 0, output
    assert said in output
    assert peak < BINDER - SERVER


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux holds a process to its data limit")
def test_the_limit_holds():
    code, output, _ = run_limited([sys.executable, "-c", f"bytearray({BINDER - SERVER})"], PROJECT)
    assert code == 1
    assert "MemoryError" in output


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("report.py", "reports/quickstart: no benchmark here yet; run `python app.py --config config/quickstart.yaml`"),
        ("suite.py", "reports/suite: no suite here yet; run `python app.py --config config/suite.yaml`"),
        ("comparison.py", "no benchmark here yet; run `python app.py --config "),
    ],
)
def test_the_template_of_a_page_says_in_one_line_what_to_run_first(tmp_path, name, said):
    for place in ("app", "config", "notebooks"):  # the project without what benchmarks have left in it
        shutil.copytree(PROJECT / place, tmp_path / place, ignore=shutil.ignore_patterns("__pycache__", "*.ipynb"))
    words = [sys.executable, str(tmp_path / "notebooks" / name)]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    (line,) = done.stdout.splitlines()
    assert said in line
