"""How a run came to its end, in sentences: what went wrong before, and what was done about it."""

from __future__ import annotations

from app.report.page.wording import duration
from app.results import RunResult, Status

__all__ = ["describe_attempts", "describe_end"]

LONGEST = 200  # characters of a message


def describe_attempts(result: RunResult) -> list[str]:
    """A sentence for each attempt before the one that counts, and for what it did otherwise; none for most runs."""
    told = [
        f"Attempt {number} came to nothing after {duration(attempt.seconds)}: "
        f"{attempt.kind}, {_short(attempt.message)}."
        for number, attempt in enumerate(result.earlier_attempts, start=1)
    ]
    if result.batch_parts > 1:
        told.append(
            f"Each training batch was computed in {result.batch_parts} parts, to need less memory: the steps are the "
            "same, but for the random numbers of dropout, and take longer."
        )
    if result.resumed_epoch is not None:
        told.append(f"Training was carried on from a checkpoint, at epoch {result.resumed_epoch:.3g}.")
    return told


def describe_end(result: RunResult) -> list[str]:
    """The same for the page of a run, which says first if it has no result: its cells alone would not tell."""
    told = []
    if result.status is not Status.OK and result.error is not None:
        told.append(
            f"This run ended as {result.status.value}: {result.error.kind}, {_short(result.error.message)}. "
            "What is below is as far as it came."
        )
    return told + describe_attempts(result)


def _short(message: str) -> str:
    text = " ".join(message.split()).rstrip(".")
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} ..."
