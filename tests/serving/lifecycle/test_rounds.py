"""The record of a round is read as it was written, or refused."""

from datetime import UTC, datetime

import pytest

from app.errors import DataError
from app.serving.lifecycle.rounds import Inputs, Round, RoundFolder, read_rounds, write_round


def a_round(number: int) -> Round:
    inputs = Inputs(data="d" * 64, code="c" * 64)
    return Round(number=number, began=datetime(2026, 1, 1, tzinfo=UTC), reasons=("no champion yet",), inputs=inputs)


def test_rounds_are_read_in_their_order(here):
    written = [write_round(RoundFolder.of("mail", number), a_round(number)) for number in (2, 10, 1)]
    assert read_rounds("mail") == sorted(written, key=lambda found: found.number)
    assert read_rounds("other") == []


def test_a_round_that_has_said_nothing_yet_is_none(here):
    RoundFolder.of("mail", 1).path.mkdir(parents=True)
    assert read_rounds("mail") == []


def test_a_record_that_was_altered_is_named(here):
    folder = RoundFolder.of("mail", 1)
    write_round(folder, a_round(1))
    folder.record.write_text(folder.record.read_text().replace("no champion yet", "because"))
    with pytest.raises(DataError, match=r"round\.json: it was altered"):
        read_rounds("mail")
