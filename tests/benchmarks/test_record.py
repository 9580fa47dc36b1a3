"""The file of a machine's figures: read as it was written, or not at all."""

import json

import pytest
from pydantic import ValidationError

from benchmarks.record import Entry, Line, Record, read_record, write_record
from tests.benchmarks.made import MACHINE, RECORD, TRAINING


def test_a_record_is_read_as_it_was_written(tmp_path):
    path = tmp_path / "x.json"
    write_record(RECORD, path)
    assert read_record(path) == RECORD
    document = json.loads(path.read_text())
    assert document["schema"] == 1
    assert list(document) == ["schema", "machine", "sections"]
    assert list(document["sections"]["training"]["lines"][0]) == ["name", "unit", "entries"]


@pytest.mark.parametrize("change", [{"schema": 2}, {"machine": {}}, {"sections": {"training": {}}}, {"more": 1}])
def test_a_file_of_another_form_is_none(tmp_path, change):
    path = tmp_path / "x.json"
    write_record(RECORD, path)
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    assert read_record(path) is None
    assert read_record(tmp_path / "absent.json") is None


def test_more_rows_a_second_are_faster_and_more_seconds_are_slower():
    ours, other = Entry(who="a", values=(10.0,)), Entry(who="b", values=(5.0,))
    assert Line(name="x", unit="rows/s", entries=(ours, other)).advantage(other).median == 2.0
    assert Line(name="x", unit="s", entries=(ours, other)).advantage(other).median == 0.5


def test_ratios_are_those_within_a_round():
    advantage = TRAINING.advantage(TRAINING.entries[1])
    assert (advantage.low, advantage.median, advantage.high) == (2.0, 3.0, 4.0)


def test_a_line_has_a_value_for_each_of_its_competitors():
    with pytest.raises(ValidationError):
        Entry(who="a", values=())
    with pytest.raises(ValidationError):
        Line(name="x", unit="s", entries=())


def test_a_machine_has_a_name_that_is_a_file(tmp_path):
    assert MACHINE.name == "some-2.50ghz-2-cores"
    assert MACHINE.model_copy(update={"gpu": "NVIDIA X1"}).name == "nvidia-x1-2-cores"
    assert Record(machine=MACHINE).sections == {}
