"""A text becomes tokens without losing any, and windows score each of them once."""

import numpy as np
import pytest

from app.config import Dataset, Files
from app.errors import DataError
from app.lab.datasets import load_examples
from app.lab.language.stream import cut_blocks, encode_stream, plan_windows
from app.lab.vocabulary import train_tokenizer


@pytest.mark.parametrize("window", [4, 5, 32, 100])
@pytest.mark.parametrize("tokens", [2, 4, 31, 100, 1001])
def test_every_token_but_the_first_is_scored_once(tokens, window):
    scored = np.zeros(tokens, dtype=int)
    for place in plan_windows(tokens, window):
        scored[place.scored : place.end] += 1
        assert place.end - place.start == min(window, tokens)
        assert place.scored > place.start
        context = place.scored - place.start
        assert context >= min(window // 2, place.scored)
    assert scored[0] == 0
    assert (scored[1:] == 1).all()


@pytest.mark.parametrize("vocabulary", ["characters", "wordpieces"])
def test_the_tokens_of_a_causal_model_say_all_of_the_text(here, vocabulary):
    text = "First Citizen:\n\nBefore we  proceed, hear ME speak.\n" * 30
    (here / "input.txt").write_text(text)
    dataset = Dataset(path=Files(train=here / "input.txt"), vocabulary=vocabulary, max_length=8)
    train = load_examples(dataset, "causal-lm").splits["train"]
    tokenizer = train_tokenizer(train.texts[0], train.running.vocabulary)
    stream = encode_stream(train, tokenizer)
    assert stream.unknown == 0
    assert tokenizer.decode(stream.ids.tolist()) == "\n".join(train.texts[0])
    again = encode_stream(train, tokenizer)  # from the cache
    assert (again.ids == stream.ids).all()
    whole = "\n".join(train.texts[0])
    assert stream.characters == len(whole) - len(tokenizer.decode(stream.ids[:1].tolist()))


def test_a_character_that_train_lacks_is_counted_as_unknown(here):
    (here / "a.txt").write_text("abc\n" * 40)
    (here / "b.txt").write_text("abcxyz\n" * 40)
    files = Files(train=here / "a.txt", validation=here / "b.txt", test=here / "b.txt")
    examples = load_examples(Dataset(path=files, max_length=8), "causal-lm")
    tokenizer = train_tokenizer(examples.splits["train"].texts[0], "characters")
    assert encode_stream(examples.splits["test"], tokenizer).unknown == 3 * 40


def test_blocks_are_whole_and_a_text_that_has_none_is_refused():
    assert cut_blocks(np.arange(11), 4).tolist() == [[0, 1, 2, 3], [4, 5, 6, 7]]
    with pytest.raises(DataError, match=r"has 3 tokens, dataset\.max_length is 4"):
        cut_blocks(np.arange(3), 4)
