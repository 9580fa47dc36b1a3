"""A driver that is killed leaves nothing running, not even what was paused or has gone into a session of its own."""

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from app.bench.warm import can_fork
from tests.conftest import PROJECT

GONE_SECONDS = 10


@pytest.mark.skipif(not can_fork(), reason="kernels are forked on Linux")
def test_of_a_driver_that_is_killed_no_process_lives_on(tmp_path):
    driver = subprocess.Popen(
        [sys.executable, Path(__file__).with_name("killed_driver.py"), tmp_path],
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        stderr=subprocess.DEVNULL,
    )
    until = time.monotonic() + 200
    while not (tmp_path / "ready").exists() and driver.poll() is None and time.monotonic() < until:
        time.sleep(0.05)
    left = [psutil.Process(int(pid)) for file in tmp_path.glob("*.pids") for pid in file.read_text().split()]
    left += psutil.Process(driver.pid).children(recursive=True)
    paused = [process for process in left if process.status() == psutil.STATUS_STOPPED]
    driver.kill()
    driver.wait()
    assert len({process.pid for process in left}) >= 6  # two kernels, what each has started, the parent, the warden
    assert len(paused) >= 2
    _, alive = psutil.wait_procs(left, timeout=GONE_SECONDS)
    assert [process.cmdline() for process in alive if process.status() != psutil.STATUS_ZOMBIE] == []
