"""Which failures of a run may pass by themselves, and in what way the next attempt differs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from app.layout import ATTEMPT_VARIABLE, EARLIER_VARIABLE, PARTS_VARIABLE
from app.results import Attempt, RunFailure

__all__ = ["OUT_OF_MEMORY", "environment_of", "may_pass", "name_failure"]

OUT_OF_MEMORY = "OutOfMemory"
LOST = "KernelDied"
_MESSAGE = 300  # characters of an earlier failure's message that are kept
# MemoryError is Python's and NumPy's; the others are torch's, ONNX Runtime's and the C++ library's, by their words
_MEMORY_KINDS = ("MemoryError", "_ArrayMemoryError", "ArrayMemoryError", "OutOfMemoryError")
_MEMORY_WORDS = ("can't allocate memory", "cannot allocate memory", "out of memory", "std::bad_alloc", "bad allocation")


def name_failure(kind: str, message: str) -> str:
    """The kind of failure an exception stands for: its name, or `OutOfMemory` whatever the library calls that."""
    words = message.lower()
    ran_out = kind in _MEMORY_KINDS or any(said in words for said in _MEMORY_WORDS)
    return OUT_OF_MEMORY if ran_out else kind


def may_pass(failure: RunFailure, earlier: Sequence[Attempt]) -> bool:
    """Whether to try again after `failure`: a kernel that was lost, or want of memory for the first time.

    An exception of any other kind would only repeat itself.
    """
    if failure.kind == OUT_OF_MEMORY:
        return all(attempt.kind != OUT_OF_MEMORY for attempt in earlier)
    return failure.kind == LOST


def environment_of(earlier: Sequence[Attempt]) -> Mapping[str, str]:
    """What tells a kernel of the attempts before its own; nothing where there were none.

    After one that was out of memory each training batch is computed in two parts, whose gradients are added: half of
    the batch at a time, and the same step.
    """
    if not earlier:
        return {}
    kept = [attempt.model_copy(update={"message": attempt.message[:_MESSAGE]}) for attempt in earlier]
    ran_out = any(attempt.kind == OUT_OF_MEMORY for attempt in earlier)
    return {
        ATTEMPT_VARIABLE: str(len(earlier) + 1),
        EARLIER_VARIABLE: json.dumps([attempt.model_dump(mode="json") for attempt in kept]),
        **({PARTS_VARIABLE: "2"} if ran_out else {}),
    }
