"""Times follow a clock that nobody sets."""

from datetime import UTC, datetime, timedelta

from app import clock


class _Earlier(datetime):
    """A machine's clock that was set back by an hour."""

    @classmethod
    def now(cls, zone=None):
        return datetime.now(zone) - timedelta(hours=1)


def test_an_end_is_never_before_its_beginning(monkeypatch):
    began, unknown = clock.begin_moment(), datetime.now(UTC)
    monkeypatch.setattr(clock, "datetime", _Earlier)
    assert timedelta() <= clock.end_moment(began) - began < timedelta(minutes=1)
    assert clock.end_moment(unknown) == unknown


def test_what_has_ended_is_not_remembered():
    before = len(clock._READINGS)
    clock.end_moment(clock.begin_moment())
    clock.forget_moment(clock.begin_moment())
    assert len(clock._READINGS) == before
