"""Locks keep others out of a folder, or make them wait, and end with their process."""

import subprocess
import sys

import pytest

from app.bench.lock import hold_folder, hold_run
from app.errors import OutputError
from app.layout import BenchmarkFolder
from tests.conftest import PROJECT


@pytest.fixture
def elsewhere(here):
    """Runs a line of Python in another process of this folder."""

    def run(body: str) -> subprocess.Popen:
        code = f"from app.bench.lock import *; from app.layout import *; from pathlib import Path\n{body}"
        environment = {"PYTHONPATH": str(PROJECT), "PATH": ""}
        return subprocess.Popen(
            [sys.executable, "-c", code], cwd=here, env=environment, stdout=subprocess.PIPE, text=True
        )

    return run


HOLD = """
import time
with hold_folder(BenchmarkFolder(Path('b')), shared={shared}):
    print('in', flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize(("theirs", "ours", "comes_in"), [(0, 0, False), (0, 1, False), (1, 0, False), (1, 1, True)])
def test_only_those_who_share_a_folder_are_in_it_together(elsewhere, here, theirs, ours, comes_in):
    other = elsewhere(HOLD.format(shared=bool(theirs)))
    try:
        assert other.stdout.readline() == "in\n"
        if comes_in:
            with hold_folder(BenchmarkFolder(here / "b"), shared=bool(ours)):
                pass
        else:
            with (
                pytest.raises(OutputError, match="another driver"),
                hold_folder(BenchmarkFolder(here / "b"), shared=bool(ours)),
            ):
                pass
    finally:
        other.kill()
        other.wait()
        other.stdout.close()
    with hold_folder(BenchmarkFolder(here / "b")):  # killed, and its lock with it
        pass


HOLD_RUN = """
import time
with hold_run(BenchmarkFolder(Path('b')), 'bert-tiny-0000000a'):
    print('in', flush=True)
    time.sleep(0.5)
    Path('done').touch()
"""


def test_a_run_is_waited_for_and_another_is_not(elsewhere, here):
    other = elsewhere(HOLD_RUN)
    assert other.stdout.readline() == "in\n"
    with hold_run(BenchmarkFolder(here / "b"), "bert-tiny-0000000b"):
        assert not (here / "done").exists()
    with hold_run(BenchmarkFolder(here / "b"), "roberta-tiny-0000000a"):
        assert (here / "done").exists()
    other.communicate()
    assert other.returncode == 0
