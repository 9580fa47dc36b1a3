"""A run that measures has the machine alone: the others stand still, and know for how long they did."""

import os
import subprocess
import sys
import threading
import time

import psutil
import pytest

from app.bench.machine import Machine
from app.lab.exclusive import machine_alone, paused_seconds
from tests.conftest import PROJECT

MEASURE = """
import sys, time
sys.path.insert(0, {project!r})
from app.lab.exclusive import machine_alone
with machine_alone() as alone:
    print(alone, flush=True)
    sys.stdin.readline()
print("released", flush=True)
"""
ANOTHER = """
import sys
sys.path.insert(0, {project!r})
from app.bench.machine import Machine
with Machine():
    print("at work", flush=True)
    sys.stdin.readline()
"""
COUNT = """
import sys, time
sys.path.insert(0, {project!r})
from app.lab.exclusive import paused_seconds
print("counting", flush=True)
sys.stdin.readline()
print(paused_seconds(), flush=True)
"""


@pytest.fixture
def machine(here):
    with Machine() as machine:
        yield machine


@pytest.fixture
def start(machine):
    """Starts a process that the machine leads to itself, and that ends with the test."""
    started = []

    def one(source):
        process = subprocess.Popen(
            [sys.executable, "-c", source.format(project=str(PROJECT))],
            env={**os.environ, **machine.environment()},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield one
    for process in started:
        process.kill()
        process.communicate()


def say(process, text="\n"):
    process.stdin.write(text)
    process.stdin.flush()


def stands_still(process) -> bool:
    return psutil.Process(process.pid).status() == psutil.STATUS_STOPPED


def test_others_are_paused_while_one_measures_and_are_told_for_how_long(machine, start):
    other = start(COUNT)
    assert other.stdout.readline() == "counting\n"
    with machine.host(other.pid):
        one = start(MEASURE)
        with machine.host(one.pid):
            assert one.stdout.readline() == "True\n"
            assert stands_still(other)
            time.sleep(0.3)
            say(one)
            assert one.stdout.readline() == "released\n"
            say(other)
            told = float(other.stdout.readline())
        assert not stands_still(other)
        assert told == machine.paused_seconds(other.pid)
        assert 0.3 <= told < 30


def test_a_kernel_that_dies_while_it_measures_holds_nobody_up(machine, start):
    other = start(COUNT)
    assert other.stdout.readline() == "counting\n"
    with machine.host(other.pid):
        one = start(MEASURE)
        assert one.stdout.readline() == "True\n"
        assert stands_still(other)
        one.kill()
        say(other)
        assert float(other.stdout.readline()) >= 0


def test_two_measure_one_after_the_other(machine, start):
    first, second = start(MEASURE), start(MEASURE)
    with machine.host(first.pid), machine.host(second.pid):
        granted: dict[str, str] = {}

        def wait_for(name, process):
            granted[name] = process.stdout.readline()

        threads = [threading.Thread(target=wait_for, args=pair) for pair in (("a", first), ("b", second))]
        for thread in threads:
            thread.start()
        until = time.monotonic() + 30
        while not granted and time.monotonic() < until:
            time.sleep(0.05)
        assert len(granted) == 1
        (name,) = granted
        holder, waiting = (first, second) if name == "a" else (second, first)
        assert stands_still(waiting)
        say(holder)
        for thread in threads:
            thread.join(30)
        assert granted == {"a": "True\n", "b": "True\n"}
        say(waiting)


def test_the_drivers_own_work_and_measuring_wait_for_each_other(machine, start):
    one = start(MEASURE)
    order = []
    with machine.host(one.pid):
        with machine.work():
            time.sleep(0.5)  # it has asked by now
            order.append("work")
        assert one.stdout.readline() == "True\n"
        order.append("measuring")

        def work():
            with machine.work():
                order.append("more work")

        thread = threading.Thread(target=work)
        thread.start()
        time.sleep(0.2)
        order.append("measured")
        say(one)
        thread.join(30)
    assert order == ["work", "measuring", "measured", "more work"]


def test_who_waits_for_the_end_of_measuring_is_told(machine, start):
    through = threading.Event()
    one = start(MEASURE)
    with machine.host(one.pid, when_measured=through.set):
        assert one.stdout.readline() == "True\n"
        assert not through.is_set()
        say(one)
        assert through.wait(30)


def test_a_stranger_without_the_key_gets_nothing(machine, start, monkeypatch):
    for name, value in machine.environment().items():
        monkeypatch.setenv(name, value.replace(value[:8], "00000000") if "@" in value else value)
    from multiprocessing import AuthenticationError

    with pytest.raises(AuthenticationError), machine_alone():
        pass
    monkeypatch.undo()
    one = start(MEASURE)
    with machine.host(one.pid):
        assert one.stdout.readline() == "True\n"


def test_without_a_driver_nothing_is_claimed(monkeypatch):
    monkeypatch.delenv("BERT_BENCHMARK_MACHINE", raising=False)
    monkeypatch.delenv("BERT_BENCHMARK_PAUSED", raising=False)
    with machine_alone() as alone:
        assert alone is False
    assert paused_seconds() == 0


def test_a_worker_measures_with_all_cores(machine, monkeypatch):
    import torch

    share = torch.get_num_threads()
    for name, value in {**machine.environment(), "BERT_BENCHMARK_CORES": str(share + 1)}.items():
        monkeypatch.setenv(name, value)
    with machine_alone():
        assert torch.get_num_threads() == share + 1
    assert torch.get_num_threads() == share


def test_what_is_measured_beside_another_driver_is_not_measured_alone(machine, start):
    other = start(ANOTHER)
    assert other.stdout.readline() == "at work\n"
    measuring = start(MEASURE)
    assert measuring.stdout.readline() == "False\n"
    assert measuring.communicate("\n")[0] == "released\n"
    other.communicate("\n")
    measuring = start(MEASURE)
    assert measuring.stdout.readline() == "True\n"


def test_another_driver_begins_when_the_measuring_is_over(machine, start):
    measuring = start(MEASURE)
    assert measuring.stdout.readline() == "True\n"
    other = start(ANOTHER)
    began = threading.Thread(target=other.stdout.readline)
    began.start()
    began.join(1)
    assert began.is_alive()
    measuring.communicate("\n")
    began.join(30)
    assert not began.is_alive()
