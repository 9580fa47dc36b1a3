"""A store that cannot be written costs its rows, and nobody else anything; with the cause gone, it goes on."""

import sys
from pathlib import Path

import pytest

from tests.bench.small_disk import run_on_small_disk

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a tmpfs is Linux's")


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    return run_on_small_disk(
        Path(__file__).with_name("store_faults.py"), tmp_path_factory.mktemp("small") / "disk", size="1m"
    )


def test_a_full_disk_is_counted_and_raises_nothing(found):
    full = found["full"]
    assert found["what was lost"] > 0
    assert found["feedback on a full disk"] is False
    assert full["lost"] == found["what was lost"] + 1
    assert "full" in full["trouble"]
    assert full["rows"] >= 100  # what was kept before is there


def test_with_room_again_it_goes_on(found):
    again = found["with room again"]
    assert again["trouble"] is None
    assert again["lost"] == found["full"]["lost"]
    assert again["rows"] == min(500, found["full"]["rows"] + 100)


def test_a_store_on_a_disk_that_is_full_from_the_beginning_is_begun_later(found):
    assert found["full from the beginning"]["lost"] == 10
    assert found["full from the beginning"]["rows"] == 0
    assert found["begun late"] == {"lost": 10, "trouble": None, "rows": 10}


def test_a_read_only_disk_is_counted_and_raises_nothing(found):
    assert found["read-only"]["lost"] == 10
    assert found["read-only"]["trouble"]
    assert found["writable again"]["lost"] == 10
    assert found["writable again"]["trouble"] is None
