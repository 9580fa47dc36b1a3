"""A disk that fills up, turns read-only or loses a folder costs the runs that need it, and tells nothing untrue."""

from pathlib import Path

import pytest

from app.bench.warm import can_fork
from tests.bench.small_disk import run_on_small_disk

pytestmark = pytest.mark.skipif(not can_fork(), reason="a tmpfs is Linux's")


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """What came of runs on a disk of a megabyte: see disk_faults.py."""
    return run_on_small_disk(
        Path(__file__).with_name("disk_faults.py"), tmp_path_factory.mktemp("small") / "disk", size="1m"
    )


@pytest.mark.parametrize("case", ["the cell fills it and fails", "the notebook", "predictions and result"])
def test_a_full_disk_fails_the_run_with_a_record_that_says_so(found, case):
    assert found[case]["status"] == "failed"
    assert found[case]["kind"] in ("OSError", "NoResult")
    assert found[case]["recorded"]
    assert found[case]["intact"]


def test_what_a_run_has_filled_the_disk_with_makes_room_for_its_record(found):
    case = found["what the run itself has left"]
    assert (case["status"], case["recorded"], case["intact"]) == ("failed", True, True)


def test_with_room_again_the_run_is_made(found):
    assert (found["with room again"]["status"], found["with room again"]["recorded"]) == ("ok", True)


def test_a_page_that_finds_no_room_leaves_the_one_before(found):
    assert found["page"] == {"error": "ENOSPC", "page": "the page before"}


def test_a_disk_that_turns_read_only_is_no_success_and_the_missing_record_is_told(found):
    case = found["read-only in mid-run"]
    assert (case["status"], case["recorded"], case["intact"]) == ("failed", False, True)
    assert "there is no record of it" in case["message"]
    assert found["writable again"]["status"] == "ok"


def test_a_checkpoint_that_finds_no_room_leaves_the_one_before(found):
    assert "No space left on device" in found["checkpoint"]["error"]
    assert (found["checkpoint"]["kept"], found["checkpoint"]["files"]) == (1, ["state.json", "tensors-1.safetensors"])
