"""Rows are padded only as far as their batch needs, and batches hold every row once."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from app.lab.tokens import length_batches, pad_rows


@given(st.lists(st.integers(1, 60), min_size=1, max_size=80), st.integers(1, 200))
def test_every_row_is_in_one_batch_and_no_batch_is_over_its_tokens(lengths, tokens):
    lengths = np.asarray(lengths)
    batches = list(length_batches(lengths, tokens))
    assert sorted(np.concatenate(batches)) == list(range(len(lengths)))
    for rows in batches:
        assert len(rows) == 1 or len(rows) * lengths[rows].max() <= tokens


def test_padding_is_masked():
    rows = [{"input_ids": [5, 6, 7], "labels": 1}, {"input_ids": [8], "labels": 0}]
    batch = pad_rows(rows, pad_token_id=9)
    assert torch.equal(batch["input_ids"], torch.tensor([[5, 6, 7], [8, 9, 9]]))
    assert torch.equal(batch["attention_mask"], torch.tensor([[1, 1, 1], [1, 0, 0]]))
    assert torch.equal(batch["labels"], torch.tensor([1, 0]))
    assert "token_type_ids" not in batch


def test_type_ids_are_kept_where_the_tokenizer_gives_them():
    rows = [
        {"input_ids": [1, 2], "token_type_ids": [0, 1], "labels": 0},
        {"input_ids": [1], "token_type_ids": [0], "labels": 0},
    ]
    assert pad_rows(rows, 0)["token_type_ids"].tolist() == [[0, 1], [0, 0]]
