"""Only what may pass by itself is tried again, and want of memory once, in another way."""

import pytest

from app.bench.retries import environment_of, may_pass, name_failure
from app.layout import ATTEMPT_VARIABLE, EARLIER_VARIABLE, PARTS_VARIABLE
from app.results import Attempt, RunFailure

LOST = Attempt(kind="KernelDied", message="the kernel died (SIGKILL)", seconds=1.5)
FULL = Attempt(kind="OutOfMemory", message="x" * 1000, seconds=2.5)


@pytest.mark.parametrize(
    ("kind", "message", "named"),
    [
        ("MemoryError", "", "OutOfMemory"),
        ("_ArrayMemoryError", "Unable to allocate 7.45 GiB", "OutOfMemory"),
        ("RuntimeError", "DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes", "OutOfMemory"),
        ("OutOfMemoryError", "CUDA out of memory. Tried to allocate 2 GiB", "OutOfMemory"),
        ("RuntimeError", "std::bad_alloc", "OutOfMemory"),
        ("RuntimeError", "shapes do not match", "RuntimeError"),
        ("OSError", "No space left on device", "OSError"),
    ],
)
def test_want_of_memory_has_one_name_whoever_tells_of_it(kind, message, named):
    assert name_failure(kind, message) == named


@pytest.mark.parametrize(
    ("kind", "earlier", "again"),
    [
        ("KernelDied", [], True),
        ("KernelDied", [LOST, FULL], True),
        ("OutOfMemory", [], True),
        ("OutOfMemory", [LOST], True),
        ("OutOfMemory", [FULL], False),
        ("OutOfMemory", [FULL, LOST], False),
        ("ValueError", [], False),
        ("Timeout", [], False),
        ("Stopped", [], False),
        ("Interrupted", [], False),
        ("NoResult", [], False),
        ("OSError", [], False),
    ],
)
def test_what_is_tried_again(kind, earlier, again):
    assert may_pass(RunFailure(kind=kind, message=""), earlier) is again


def test_a_first_attempt_is_told_nothing_and_a_spare_kernel_serves_it():
    assert environment_of([]) == {}


def test_a_later_attempt_is_told_of_those_before_and_halves_its_batches_after_want_of_memory():
    told = environment_of([LOST])
    assert told[ATTEMPT_VARIABLE] == "2"
    assert PARTS_VARIABLE not in told
    told = environment_of([LOST, FULL])
    assert (told[ATTEMPT_VARIABLE], told[PARTS_VARIABLE]) == ("3", "2")
    assert '"KernelDied"' in told[EARLIER_VARIABLE]
    assert len(told[EARLIER_VARIABLE]) < 1000  # an environment has its bounds
