"""One signal asks the driver to come to an end, a second ends it at once, and so does too long an end."""

import os
import signal
import subprocess
import sys
import time

import pytest

from app.interrupts import INTERRUPTED, obeying_interrupts
from tests.conftest import PROJECT

SLOW_TO_END = """
import sys, time
from app.interrupts import obeying_interrupts
with obeying_interrupts(seconds=float(sys.argv[1])):
    try:
        print("at work", flush=True)
        time.sleep(60)
    except KeyboardInterrupt:
        print("ending", flush=True)
        time.sleep(60)
"""


@pytest.fixture
def process():
    """Starts one that takes a minute to end after the first signal."""
    started = []

    def start(seconds):
        words = [sys.executable, "-c", SLOW_TO_END, str(seconds)]
        started.append(
            subprocess.Popen(
                words, env={**os.environ, "PYTHONPATH": str(PROJECT)}, text=True, stdout=-1, stderr=subprocess.PIPE
            )
        )
        assert started[-1].stdout.readline() == "at work\n"
        return started[-1]

    yield start
    for one in started:
        one.kill()
        one.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_second_signal_ends_at_once(process, number):
    driver = process(60)
    driver.send_signal(number)
    assert driver.stdout.readline() == "ending\n"
    began = time.monotonic()
    driver.send_signal(number)
    assert driver.wait(30) == INTERRUPTED
    assert time.monotonic() - began < 30
    assert "what was finished is kept" in driver.stderr.read()


def test_an_end_that_takes_too_long_is_cut_short(process):
    driver = process(0.2)
    driver.send_signal(signal.SIGINT)
    assert driver.wait(30) == INTERRUPTED


def test_what_ends_in_time_ends_as_it_would_and_signals_mean_what_they_did():
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt), obeying_interrupts(60):
        signal.raise_signal(signal.SIGTERM)
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before
