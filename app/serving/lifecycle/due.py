"""Why a new round is due, in words; no reason, no round."""

from __future__ import annotations

from app.serving.lifecycle.file import Triggers
from app.serving.lifecycle.rounds import Inputs

__all__ = ["find_reasons"]


def find_reasons(
    triggers: Triggers, now: Inputs, before: Inputs | None, *, has_champion: bool, drift: str = ""
) -> tuple[str, ...]:
    """The reasons that hold, of those that the file asks about.

    Args:
        triggers: what the file asks about.
        now: what a round would be made from.
        before: what the last round that came to its end was made from; None if there was none.
        has_champion: whether there is a model to compare with; without one a round is due in any case.
        drift: what the monitor found in requests since then, in a sentence; empty: nothing.
    """
    reasons = [] if has_champion else ["there is no champion yet"]
    if before is None:
        return tuple(reasons) or ("no round has come to its end yet",)
    if triggers.data and now.data != before.data:
        reasons.append("the data of the benchmark are others than in the last round")
    if triggers.code and now.code != before.code:
        reasons.append("the notebook, what it calls or the libraries are others than in the last round")
    new = now.labelled - before.labelled
    if triggers.feedback is not None and new >= triggers.feedback:
        reasons.append(f"{new} more answers have been put right, and {triggers.feedback} are enough")
    if triggers.drift and drift:
        reasons.append(drift)
    return tuple(reasons)
