"""Commands are timed in turn, and what is said of one is its own."""

import sys
import time

import pytest

from benchmarks.turns import CommandError, Observation, run_command, take_turns


def python(code, folder, **options):
    return run_command([sys.executable, "-c", code], folder=folder, **options)


def test_each_round_has_every_competitor_once_and_begins_with_another():
    order = []

    def competitor(name):
        def run():
            order.append(name)
            return Observation(seconds=len(order), peak_memory_bytes=0)

        return run

    seen = take_turns({name: competitor(name) for name in "abc"}, repeats=4)
    assert "".join(order) == "abc" + "bca" + "cab" + "abc"
    assert [one.seconds for one in seen["a"]] == [1, 6, 8, 10]


def test_a_command_is_timed_and_its_last_line_read(tmp_path):
    observation = python("import time; time.sleep(0.2); print('words'); print('{\"rate\": 3}')", tmp_path)
    assert observation.seconds >= 0.2
    assert observation.said == {"rate": 3}


@pytest.mark.parametrize("text", ["", "words", "[1]"])
def test_a_last_line_that_is_no_object_says_nothing(tmp_path, text):
    assert python(f"print({text!r})", tmp_path).said == {}


def test_peak_memory_is_that_of_the_command_and_not_of_whoever_measures(tmp_path):
    ballast = bytearray(200 * 2**20)
    small = python("pass", tmp_path).peak_memory_bytes
    large = python("x = bytearray(300 * 2**20)", tmp_path).peak_memory_bytes
    assert small < 100 * 2**20 < 300 * 2**20 <= large
    assert len(ballast)


def test_a_command_runs_in_its_folder_and_its_environment(tmp_path):
    code = "import json, os; print(json.dumps({'at': os.getcwd(), 'word': os.environ['WORD']}))"
    assert python(code, tmp_path, environment={"WORD": "x"}).said == {"at": str(tmp_path), "word": "x"}


def test_a_command_that_fails_is_told_with_its_last_words(tmp_path):
    with pytest.raises(CommandError, match=r"exit code 3\n.*no luck"):
        python("import sys; print('no luck'); sys.exit(3)", tmp_path)


def test_a_command_that_does_not_end_is_ended(tmp_path):
    began = time.monotonic()
    with pytest.raises(CommandError, match=r"longer than 0.5 s"):
        python("import time; time.sleep(60)", tmp_path, timeout_seconds=0.5)
    assert time.monotonic() - began < 30
