"""Fifteen in a hundred tokens are hidden from a model that learns, as BERT has it; special ones never."""

import numpy as np
import pytest

from app.lab.language.masks import IGNORED, hide_at_random, hide_fixed, wrap_blocks
from app.lab.vocabulary import train_tokenizer


@pytest.fixture
def tokenizer(here):
    return train_tokenizer(["abcdefghijklmnopqrstuvwxyz"], "characters")


def test_of_the_chosen_tokens_eight_in_ten_are_masked_one_replaced_and_one_kept(tokenizer):
    random = np.random.default_rng(0)
    blocks = wrap_blocks(random.integers(6, 32, (2000, 62)), tokenizer)
    shown, labels = hide_at_random(blocks, tokenizer, len(tokenizer), random)
    chosen = labels != IGNORED
    assert chosen[:, 1:-1].mean() == pytest.approx(0.15, abs=0.005)
    assert not chosen[:, [0, -1]].any()
    assert (labels[chosen] == blocks[chosen]).all()
    assert (shown[~chosen] == blocks[~chosen]).all()
    assert (shown[chosen] == tokenizer.mask_token_id).mean() == pytest.approx(0.8, abs=0.01)
    assert (shown[chosen] == blocks[chosen]).mean() == pytest.approx(0.1, abs=0.01)


def test_other_places_are_hidden_each_time_in_training_and_the_same_in_scoring(tokenizer):
    random = np.random.default_rng(0)
    blocks = random.integers(6, 32, (4, 30))
    first, second = (hide_at_random(blocks, tokenizer, 32, random)[1] for _ in range(2))
    assert not np.array_equal(first, second)
    fixed = [hide_fixed(blocks.ravel(), 30) for _ in range(2)]
    assert np.array_equal(fixed[0].mask, fixed[1].mask)
    assert fixed[0].mask.any(axis=1).all()
