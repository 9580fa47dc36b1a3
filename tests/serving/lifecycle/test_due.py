"""A round is due for what the file asks about, and for nothing twice."""

import pytest

from app.serving.lifecycle.due import find_reasons
from app.serving.lifecycle.file import Triggers
from app.serving.lifecycle.rounds import Inputs

BEFORE = Inputs(data="d", code="c", feedback="f", labelled=10)


def reasons(now: Inputs, triggers: Triggers | None = None, **options: object) -> tuple[str, ...]:
    return find_reasons(triggers or Triggers(), now, BEFORE, **{"has_champion": True, **options})


def test_nothing_has_changed():
    assert reasons(BEFORE) == ()


@pytest.mark.parametrize(
    ("change", "word"),
    [({"data": "e"}, "data"), ({"code": "e"}, "libraries"), ({"labelled": 60}, "50 more answers")],
)
def test_each_change_is_a_reason_unless_the_file_does_not_ask(change, word):
    now = BEFORE.model_copy(update=change)
    (found,) = reasons(now)
    assert word in found
    assert reasons(now, Triggers(drift=False, feedback=None, data=False, code=False)) == ()


def test_a_few_answers_are_not_enough():
    assert reasons(BEFORE.model_copy(update={"labelled": 59})) == ()


def test_drift_is_told_in_the_monitors_words():
    assert reasons(BEFORE, drift="drift: lengths") == ("drift: lengths",)
    assert reasons(BEFORE, Triggers(drift=False), drift="drift: lengths") == ()


def test_without_a_champion_or_a_round_before_one_is_due():
    assert reasons(BEFORE, has_champion=False) == ("there is no champion yet",)
    assert find_reasons(Triggers(), BEFORE, None, has_champion=True) == ("no round has come to its end yet",)
