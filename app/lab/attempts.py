"""What the driver tells a kernel of the attempts before its own, and of how to go on from them."""

from __future__ import annotations

import json
import os

from app.layout import ATTEMPT_VARIABLE, CHECKPOINT_VARIABLE, EARLIER_VARIABLE, PARTS_VARIABLE
from app.results import Attempt

__all__ = ["attempt_number", "batch_parts", "checkpoint_every", "earlier_attempts"]


def attempt_number() -> int:
    """1 for the first."""
    return int(os.environ.get(ATTEMPT_VARIABLE, "1"))


def earlier_attempts() -> tuple[Attempt, ...]:
    """Those that came to nothing, in their order."""
    return tuple(Attempt.model_validate(attempt) for attempt in json.loads(os.environ.get(EARLIER_VARIABLE, "[]")))


def batch_parts() -> int:
    """In how many parts to compute each training batch: 1 but after an attempt that was out of memory."""
    return int(os.environ.get(PARTS_VARIABLE, "1"))


def checkpoint_every() -> str:
    """How often training is kept to go on from: `epoch`, or a number of steps; empty: it is not."""
    return os.environ.get(CHECKPOINT_VARIABLE, "")
