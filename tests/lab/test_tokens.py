"""Rows are padded only as far as their batch needs, and batches hold every row once."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.utils.data import DataLoader

from app.lab import tokens
from app.lab.datasets import Split
from app.lab.tokens import EncodedSplit, encode_split, length_batches
from app.lab.vocabulary import train_tokenizer
from app.layout import cache_folder
from app.results import Truncated


@given(st.lists(st.integers(1, 60), min_size=1, max_size=80), st.integers(1, 200))
def test_every_row_is_in_one_batch_and_no_batch_is_over_its_tokens(lengths, tokens):
    lengths = np.asarray(lengths)
    batches = list(length_batches(lengths, tokens))
    assert sorted(np.concatenate(batches)) == list(range(len(lengths)))
    for rows in batches:
        assert len(rows) == 1 or len(rows) * lengths[rows].max() <= tokens


def encoded(rows, types=None):
    """Rows of token ids as a split, with the labels 1, 0, 1, ..."""
    return EncodedSplit(
        ids=np.concatenate(rows).astype(np.int32),
        types=None if types is None else np.concatenate(types).astype(np.uint8),
        lengths=np.array([len(row) for row in rows]),
        labels=np.arange(1, len(rows) + 1) % 2,
        truncated=Truncated(rows=0, tokens=0, of_tokens=0),
    )


def test_padding_is_masked():
    split = encoded([[5, 6, 7], [8], [1, 2]])
    batch = split.batch([0, 1], pad_token_id=9)
    assert torch.equal(batch["input_ids"], torch.tensor([[5, 6, 7], [8, 9, 9]]))
    assert torch.equal(batch["attention_mask"], torch.tensor([[1, 1, 1], [1, 0, 0]]))
    assert torch.equal(batch["labels"], torch.tensor([1, 0]))
    assert "token_type_ids" not in batch


def test_a_batch_has_its_rows_in_the_order_asked_for():
    batch = encoded([[5, 6, 7], [8], [1, 2]]).batch(np.array([2, 1]), pad_token_id=9)
    assert batch["input_ids"].tolist() == [[1, 2], [8, 9]]
    assert batch["labels"].tolist() == [1, 0]


def test_a_loader_cuts_its_batches_at_once():
    split = encoded([[5, 6, 7], [8], [1, 2], [3]])
    loader = DataLoader(split, batch_size=2, collate_fn=lambda rows: split.batch(rows, 9))
    assert [batch["input_ids"].tolist() for batch in loader] == [[[5, 6, 7], [8, 9, 9]], [[1, 2], [3, 9]]]


def test_type_ids_are_kept_where_the_tokenizer_gives_them():
    batch = encoded([[1, 2], [1]], types=[[0, 1], [0]]).batch([0, 1], 0)
    assert batch["token_type_ids"].tolist() == [[0, 1], [0, 0]]


TEXTS = ("the keys are rusty", "is it", "the key is old and rusty")


def as_lists(encoded):
    return [list(map(int, row["input_ids"])) for row in encoded]


def test_encoded_rows_are_what_the_tokenizer_says(here):
    tokenizer = train_tokenizer(TEXTS * 2)
    split = Split((TEXTS,), (0, 1, 0))
    encoded = encode_split(split, tokenizer, max_length=5)
    plain = tokenizer(list(TEXTS), truncation=True, max_length=5)
    assert as_lists(encoded) == plain["input_ids"]
    assert [row["labels"] for row in encoded] == [0, 1, 0]
    whole = encode_split(split, tokenizer, max_length=50)
    assert (encoded.truncated.rows, whole.truncated.rows) == (2, 0)
    assert encoded.truncated.tokens == sum(whole.lengths) - sum(encoded.lengths)
    assert encoded.truncated.of_tokens == sum(whole.lengths)
    assert set(encoded.used_ids(0)) == {0}.union(*plain["input_ids"])


def test_the_second_encoding_is_read_from_the_cache(here, monkeypatch):
    monkeypatch.setattr(tokens, "_WORTH_KEEPING", 0)
    tokenizer = train_tokenizer(TEXTS * 2)
    split = Split((TEXTS,), (0, 1, 0))
    first = encode_split(split, tokenizer, max_length=5)
    (kept,) = (cache_folder() / "tokens").iterdir()
    again = encode_split(Split((TEXTS,), (1, 1, 1)), tokenizer, max_length=5)
    assert isinstance(again.ids.base, np.memmap)  # read from the file
    assert as_lists(again) == as_lists(first)
    assert [row["labels"] for row in again] == [1, 1, 1]  # labels are not part of what is kept
    other = encode_split(split, tokenizer, max_length=6)
    assert as_lists(other) != as_lists(first)
    (kept / "ids.npy").write_bytes(b"torn")
    assert as_lists(encode_split(split, tokenizer, max_length=5)) == as_lists(first)
    assert isinstance(encode_split(split, tokenizer, max_length=5).ids.base, np.memmap)  # read from the file


def test_a_few_rows_are_not_kept(here):
    encode_split(Split((TEXTS,), (0, 1, 0)), train_tokenizer(TEXTS * 2), max_length=5)
    assert not (cache_folder() / "tokens").exists()


def test_type_ids_come_with_the_rows_of_pairs(here):
    tokenizer = train_tokenizer(TEXTS * 2)
    tokenizer.model_input_names = ["input_ids", "token_type_ids", "attention_mask"]
    row = encode_split(Split((TEXTS, TEXTS), (0, 1, 0)), tokenizer, max_length=30)[1]
    assert row["token_type_ids"].tolist() == tokenizer("is it", "is it")["token_type_ids"]
    assert 1 in row["token_type_ids"]
