"""Moments whose distance is told by a clock that nobody sets: the machine's own may be set back in mid-run."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

__all__ = ["begin_moment", "end_moment", "forget_moment"]

_READINGS: dict[datetime, float] = {}  # a moment -> the steady clock then, in seconds


def begin_moment() -> datetime:
    """Now, in UTC, as the beginning of something."""
    now = datetime.now(UTC)
    _READINGS[now] = time.monotonic()
    return now


def end_moment(began: datetime) -> datetime:
    """The end of what began then: later by the seconds that have passed, whatever the machine's clock says by now.

    The moment is forgotten with that. Of one that `begin_moment` has not given, the machine's clock has to tell.
    """
    reading = forget_moment(began)
    if reading is None:
        return max(began, datetime.now(UTC))
    return began + timedelta(seconds=time.monotonic() - reading)


def forget_moment(began: datetime) -> float | None:
    """Let go of a beginning whose end nobody asks for; what the steady clock read then."""
    return _READINGS.pop(began, None)
