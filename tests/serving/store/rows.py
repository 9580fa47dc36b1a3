"""Rows as serving would record them."""

from datetime import UTC, datetime, timedelta

from app.serving.store.records import Served

START = datetime(2026, 1, 1, tzinfo=UTC)


def make_row(number: int, **changes) -> Served:
    """The row served so many seconds after the first."""
    given = {
        "id": f"{number:032x}",
        "time": (START + timedelta(seconds=number)).isoformat(),
        "version": 1,
        "characters": 20,
        "tokens": 7,
        "unknown": 0,
        "is_cut": False,
        "prediction": "yes",
        "confidence": 0.9,
        "texts": (f"text {number}",),
    }
    return Served(**{**given, **changes})


def make_rows(first: int, last: int, **changes) -> list[Served]:
    return [make_row(number, **changes) for number in range(first, last)]
