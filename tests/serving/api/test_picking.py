"""Rows of like length are computed together, and nobody waits for ever."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.serving.api.picking import WASTE, pick_rows


def test_rows_of_like_length_go_together_and_the_first_leads():
    assert pick_rows([10, 60, 11, 9, 58], 1024) == [0, 2, 3]
    assert pick_rows([60, 10, 11, 9, 58], 1024) == [0, 4]


def test_a_batch_has_no_more_tokens_than_it_may():
    assert len(pick_rows([16] * 100, 256)) == 16
    assert pick_rows([2000, 16], 256) == [0]


def test_nothing_waits_where_nothing_came():
    assert pick_rows([], 256) == []


@given(st.lists(st.integers(1, 512), min_size=1, max_size=60), st.sampled_from([64, 1024]))
def test_whatever_the_lengths_the_first_goes_and_little_is_padding(lengths, tokens):
    picked = pick_rows(lengths, tokens)
    assert picked[0] == 0
    assert len(set(picked)) == len(picked)
    longest, total = max(lengths[place] for place in picked), sum(lengths[place] for place in picked)
    assert len(picked) == 1 or longest * len(picked) <= tokens
    assert total >= (1 - WASTE) * longest * len(picked) - 1e-9


@pytest.mark.parametrize("lengths", [[5, 5, 500], [500, 5, 5]])
def test_all_come_to_their_turn(lengths):
    left, rounds = list(lengths), 0
    while left:
        picked = set(pick_rows(left, 1024))
        left = [length for place, length in enumerate(left) if place not in picked]
        rounds += 1
    assert rounds == 2
