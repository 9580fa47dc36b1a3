"""A study gives every trial once, whoever asks, and takes back what a process that died has left."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from app.errors import OutputError, UsageError
from app.layout import BenchmarkFolder
from app.search.draws import preview_trials
from app.search.storage import count_trials, open_study
from app.search.sweep import load_sweep
from tests.conftest import PROJECT
from tests.seldom import seldom

ABOUT = {"method": "any"}
GRID = {
    "method": "grid",
    "run_cap": None,
    "parameters": {
        "seed": {"values": [0, 1]},
        "learning_rate": {"values": [1e-3, 2e-3]},
        "epochs": {"min": 1, "max": 2},
    },
}


@pytest.fixture
def folder(here) -> BenchmarkFolder:
    folder = BenchmarkFolder.of("tiny")
    folder.path.mkdir(parents=True)
    return folder


def open_(sweep, folder, **options):
    return open_study(sweep, folder, storage=None, about=ABOUT, **options)


def drain(study) -> list[dict]:
    """Ask until nothing is left, each trial completed at once."""
    values = []
    while (trial := study.ask()) is not None:
        values.append(dict(trial.values))
        study.complete(trial, float(trial.number))
    return values


def test_a_grid_is_every_combination_in_the_order_of_the_file(write_sweep, folder):
    sweep = load_sweep(write_sweep(**GRID))
    with open_(sweep, folder) as study:
        found = drain(study)
    assert [tuple(values.values()) for values in found] == [
        (seed, rate, epochs) for seed in (0, 1) for rate in (1e-3, 2e-3) for epochs in (1, 2)
    ]
    assert [dict(values) for values in preview_trials(sweep, 99, 0)] == found


@pytest.mark.parametrize("method", ["random", "bayes"])
def test_what_is_drawn_can_be_foreseen_as_long_as_nothing_is_learned(write_sweep, folder, method):
    sweep = load_sweep(write_sweep(method=method, run_cap=6))
    foreseen = [dict(values) for values in preview_trials(sweep, 6, 0)]
    with open_(sweep, folder) as study:
        assert drain(study) == foreseen
    assert len({values["learning_rate"] for values in foreseen}) == 6


def test_bayes_comes_to_where_it_is_good(write_sweep, folder):
    sweep = load_sweep(write_sweep(method="bayes", run_cap=40))
    with open_(sweep, folder) as study:
        rates = []
        while (trial := study.ask()) is not None:
            rates.append(trial.values["learning_rate"])
            study.complete(trial, -abs(rates[-1] - 5e-3))
    off = [abs(rate - 5e-3) for rate in rates]
    assert sum(off[25:]) / 15 < 0.8 * sum(off[:10]) / 10


def test_the_cap_counts_the_trials_of_all_and_a_target_ends_the_search(write_sweep, folder):
    sweep = load_sweep(write_sweep(metric={"name": "eval_accuracy", "goal": "maximize", "target": 2.0}))
    with open_(sweep, folder) as first, open_(sweep, folder) as second:
        one, two = first.ask(), second.ask()
        assert first.left == second.left == 2
        assert one.values != two.values
        first.complete(one, 1.0)
        second.complete(two, 2.5)
        assert first.ask() is second.ask() is None


def test_a_trial_that_was_given_back_is_begun_anew_with_the_same_values(write_sweep, folder):
    sweep = load_sweep(write_sweep())
    with open_(sweep, folder) as study:
        kept, given_back = study.ask(), study.ask()
        study.give_back(given_back)
        study.complete(kept, 1.0)
    with open_(sweep, folder) as study:
        assert study.left == 3
        again = study.ask()
        assert again.values == given_back.values
        study.complete(again, 2.0)
        drain(study)
        assert len(study.records()) == 4
        assert {record.state for record in study.records()} == {"complete"}
    assert count_trials(folder, storage=None, about=ABOUT) == 4


PROCESS = """
import sys, time
from pathlib import Path
from app.layout import BenchmarkFolder
from app.search.storage import open_study
from app.search.sweep import load_sweep
sweep = load_sweep(Path("sweep.yaml"))
with open_study(sweep, BenchmarkFolder.of("tiny"), storage=None, about={"method": "any"}) as study:
    while (trial := study.ask()) is not None:
        print(trial.number, *trial.values.values(), flush=True)
        time.sleep(float(sys.argv[1]))
        study.complete(trial, 1.0)
"""


def start(seconds: float) -> subprocess.Popen:
    """A process that asks for trials, each of which takes so long."""
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    words = [sys.executable, "-c", PROCESS, str(seconds)]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


def test_two_processes_share_a_study_and_no_point_is_tried_twice(write_sweep, folder):
    sweep = load_sweep(write_sweep(**GRID))
    processes = [start(0.2), start(0.2)]
    told = [process.communicate(timeout=100) for process in processes]
    assert [errors for _, errors in told] == ["", ""]
    lines = [line.split()[1:] for output, _ in told for line in output.splitlines()]
    assert len(lines) == sweep.grid_size == 8
    assert len({tuple(line) for line in lines}) == 8


@pytest.mark.parametrize("cap", [seldom(1), 4])
def test_what_a_killed_process_was_at_is_begun_anew_by_the_next(write_sweep, folder, cap):
    sweep = load_sweep(write_sweep(run_cap=cap))
    process = start(1000)
    first = process.stdout.readline().split()
    with open_(sweep, folder) as study:
        assert [record.state for record in study.records()] == ["running"]
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=100)
        assert study.left == cap
        trial = study.ask()
        assert trial.values["learning_rate"] == float(first[1])
        study.complete(trial, 1.0)
        assert len(drain(study)) == cap - 1
        assert len(study.records()) == cap
    assert not [path for path in folder.drivers.iterdir() if not path.name.startswith(".")]


def test_a_living_process_keeps_its_trial(write_sweep, folder):
    sweep = load_sweep(write_sweep(run_cap=2))
    with open_(sweep, folder) as first, open_(sweep, folder) as second:
        one = first.ask()
        second.complete(second.ask(), 1.0)
        assert second.ask() is None
        first.complete(one, 1.0)
        assert [record.value for record in first.records()] == [1.0, 1.0]


def test_a_driver_on_another_machine_is_taken_for_dead_when_it_has_long_been_silent(
    write_sweep, here, folder, monkeypatch
):
    sweep = load_sweep(write_sweep(run_cap=1))
    url, other = f"sqlite:///{here / 'shared.db'}", BenchmarkFolder(here / "elsewhere" / "tiny")
    with open_study(sweep, other, storage=url, about=ABOUT) as there:
        there.beat()
        lost = there.ask()
        with open_study(sweep, folder, storage=url, about=ABOUT) as study:
            assert study.ask() is None
            now = time.time()
            monkeypatch.setattr(time, "time", lambda: now + 400)
            again = study.ask()
            assert again.values == lost.values
            study.complete(again, 1.0)
            there.complete(lost, 2.0)  # which comes too late
            assert [record.value for record in study.records()] == [1.0]


@pytest.mark.parametrize("part", ["method", "parameters"])
def test_a_study_of_another_search_is_refused_with_a_way_out(write_sweep, folder, part):
    sweep = load_sweep(write_sweep())
    with open_study(sweep, folder, storage=None, about={"method": "grid", "parameters": 1, "metric": 2}):
        pass
    about = {"method": "grid", "parameters": 1, "metric": 2, part: "changed"}
    for attempt in (
        lambda: open_study(sweep, folder, storage=None, about=about).__enter__(),
        lambda: count_trials(folder, storage=None, about=about),
    ):
        with pytest.raises(UsageError) as caught:
            attempt()
        assert f"another {part}" in str(caught.value)
        assert "--set name=tiny-2" in str(caught.value)
        assert "delete reports/tiny/study.db" in str(caught.value)


def test_a_database_that_is_none_is_said_to_be(write_sweep, folder):
    sweep = load_sweep(write_sweep())
    folder.study.write_text("this is no database, however long one looks at it")
    with pytest.raises(OutputError, match=r"study\.db: cannot be opened as a study"), open_(sweep, folder):
        pass
    with (
        pytest.raises(OutputError, match="nosuch"),
        open_study(sweep, folder, storage="nosuch://host/db", about=ABOUT),
    ):
        pass


def test_hyperband_goes_by_what_all_trials_have_reported(write_sweep, folder):
    rule = {"type": "hyperband", "min_iter": 2, "eta": 3}
    sweep = load_sweep(write_sweep(early_terminate=rule))
    with open_(sweep, folder) as study:
        good, bad = study.ask(), study.ask()
        study.report(good, [0.5, 0.8, 0.9])
        study.report(bad, [0.6])
        assert not study.should_stop(bad)
        study.report(bad, [0.6, 0.7])
        assert study.should_stop(bad)
        assert not study.should_stop(good)
        study.stop(bad, reason="because", epochs_trained=2)
        study.complete(good, 0.9, epochs_trained=3)
        records = study.records()
    assert [(record.state, record.value) for record in records] == [("complete", 0.9), ("stopped", 0.7)]
    assert records[1].iterations == (0.6, 0.7)
    assert (records[1].reason, records[1].epochs_trained) == ("because", 2)
    assert json.loads(records[0].model_dump_json())["values"] == dict(good.values)
