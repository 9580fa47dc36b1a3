"""Sentences of tagged words are read from files, checked, and encoded so that a word's first token has its tag."""

import json

import datasets
import numpy as np
import pytest
from transformers import PreTrainedTokenizerFast, RobertaTokenizerFast

from app.config import Dataset, Files
from app.errors import DataError
from app.lab.architectures import _take_words
from app.lab.datasets import Split, load_examples
from app.lab.losses import IGNORED
from app.lab.prediction import gather_logits
from app.lab.tokens import EncodedSplit, encode_split
from app.lab.vocabulary import train_tokenizer
from app.results import Truncated
from app.tasks import TAGGING

SENTENCES = (
    (["Ada", "Bell", "left", "Rome", "."], ["B-PER", "I-PER", "O", "B-LOC", "O"]),
    (["Rome", "fell", "."], ["B-LOC", "O", "O"]),
    (["Nobody", "left", "."], ["O", "O", "O"]),
) * 4
ROWS = [{"tokens": words, "tags": tags} for words, tags in SENTENCES]
ORDER = ("O", "B-LOC", "B-PER", "I-PER")
CONLL = "-DOCSTART- -X- O O\n\n" + "\n".join(
    "".join(f"{word} NN {tag}\n" for word, tag in zip(words, tags, strict=True)) for words, tags in SENTENCES
)


def load(**files):
    return load_examples(Dataset(path=Files(**files), text=("tokens",), label="tags"), TAGGING.name)


def write(folder, rows, name="train"):
    path = folder / f"{name}.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def with_first(**changed):
    """The rows, the first of them changed."""
    return [{**ROWS[0], **changed}, *ROWS[1:]]


def test_every_format_gives_the_same_sentences(here):
    features = datasets.Features(
        {
            "tokens": datasets.List(datasets.Value("string")),
            "tags": datasets.List(datasets.ClassLabel(names=list(ORDER))),
        }
    )
    table = datasets.Dataset.from_list(ROWS, features=features)
    assert table[0]["tags"] == [2, 3, 0, 1, 0]  # numbers, and names beside them
    (here / "folder").mkdir()
    for name in ("one.parquet", "folder/train.parquet"):
        table.to_parquet(here / name)
    (here / "one.conll").write_text(CONLL)
    found = [
        load(train=write(here, ROWS)),
        load(train=here / "one.parquet"),
        load(train=here / "one.conll"),
        load_examples(Dataset(path=str(here / "folder"), text=("tokens",), label="tags"), TAGGING.name),
    ]
    assert {examples.labels for examples in found} == {ORDER}
    assert len({examples.fingerprint for examples in found}) == 1
    assert found[0].splits["train"].texts[0][0] == ("Ada", "Bell", "left", "Rome", ".")
    assert found[0].splits["train"].labels[0] == (2, 3, 0, 1, 0)
    assert found[0].rows == {"train": 11, "validation": 1}
    assert found[0].show("train", 1).to_dict("list") == {
        "text": ["Ada Bell left Rome ."],
        "label": ["Ada Bell (PER), Rome (LOC)"],
    }


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (with_first(tags=["B-PER", "O"]), "row 1: has 5 words and 2 tags"),
        (with_first(tokens=[], tags=[]), "row 1: the sentence is empty"),
        (with_first(tokens=[" "], tags=["O"]), "row 1: the sentence is empty"),
        ([{"tokens": "Ada left .", "tags": ["O"]}] * 9, "row 1: the text is 'Ada left .'; .* a list of words"),
        (with_first(tokens="Ada Bell left Rome ."), "row 1: 'tokens' is 'Ada Bell .* and in other rows a list"),
        (with_first(tokens=["Ada", None, "left", "Rome", "."]), "row 1: word 2 is None"),
        ([{"tokens": ["a"], "tags": "O"}] * 9, "row 1: the label is 'O'; .* a list of tags"),
        (with_first(tags=None), "row 1: the label is None"),
        (with_first(tags=["B-PER", 3, "O", "O", "O"]), "row 1: item 2 of 'tags' is 3, and others are str"),
        ([{"tokens": ["a", "b"], "tags": [0, 3]}] * 9, "row 1: word 1: the tag is 0, .* ClassLabel"),
        (with_first(tags=["B-PER", None, "O", "O", "O"]), "row 1: word 2: the tag is None"),
        (with_first(tags=["NOUN", "O", "O", "O", "O"]), "row 1: word 1: 'NOUN' is no tag .* as in B-PER"),
        ([{"tokens": ["a"], "tags": ["O"]}] * 9, "no entity to learn"),
        ([{"tokens": ["a"], "tags": ["B-PER"]}] * 9, "no word has the tag O"),
    ],
)
def test_a_sentence_that_cannot_be_used_is_refused_with_its_place(here, rows, words):
    with pytest.raises(DataError, match=f"train.jsonl: .*{words}|train.jsonl: {words}"):
        load(train=write(here, rows))


def test_a_tag_that_train_has_not_is_refused(here):
    odd = [{"tokens": ["Mars"], "tags": ["B-ORG"]}]
    with pytest.raises(DataError, match=r"test.jsonl: has tags that train has not: B-ORG"):
        load(train=write(here, ROWS), test=write(here, odd, "test"))


def test_a_column_of_a_conll_file_that_is_missing_is_named_by_its_line(here):
    (here / "x.conll").write_text("Ada B-PER\nBell\n")
    with pytest.raises(DataError, match=r"x.conll: line 2: has one column"):
        load(train=here / "x.conll")


def test_lists_of_words_are_refused_where_strings_are_wanted(here):
    rows = [{"tokens": ["a", "b"], "tags": n % 2} for n in range(20)]
    with pytest.raises(DataError, match=r"row 1: the text is a list, .*token-classification"):
        load_examples(Dataset(path=Files(train=write(here, rows)), text=("tokens",), label="tags"))


# tokens

WORDS = (("unhaply", "Rome", "fell"), ("it", "\u200b", "rained"), ("a",))
TAGS = ((1, 2, 0), (0, 3, 0), (4,))


@pytest.fixture
def tokenizer(here):
    return train_tokenizer(["un happ rome fell it rained a " * 3, "u ul ly unply " * 2])


def test_the_first_token_of_a_word_has_its_tag_and_no_other(tokenizer):
    encoded = encode_split(Split((WORDS,), TAGS), tokenizer, max_length=50)
    for row, (words, tags) in enumerate(zip(WORDS, TAGS, strict=True)):
        whole = tokenizer([word if word != "\u200b" else "[UNK]" for word in words], is_split_into_words=True)
        labels = encoded[row]["labels"]
        assert encoded[row]["input_ids"].tolist() == whole["input_ids"]
        assert len(labels) == len(whole["input_ids"]) >= len(words) + 2
        assert [tag for tag in labels if tag != IGNORED] == list(tags)
        assert encoded.first_pieces(row).tolist() == [whole.word_to_tokens(word).start for word in range(len(words))]
    assert encoded.lengths[0] > 5  # a word of several tokens is among them


def test_words_that_are_cut_off_have_no_label_and_are_counted(tokenizer):
    split = Split((WORDS,), TAGS)
    whole = encode_split(split, tokenizer, max_length=50)
    cut = encode_split(split, tokenizer, max_length=4)
    assert [len(cut.first_pieces(row)) for row in range(3)] == [1, 2, 1]  # the first word alone fills its row
    assert cut.truncated.rows == 2
    assert cut.truncated.tokens == int(whole.lengths.sum() - cut.lengths.sum())


def test_kept_tokens_of_words_are_found_again(tokenizer):
    many, tags = WORDS * 100, TAGS * 100
    first = encode_split(Split((many,), tags), tokenizer, max_length=9)
    again = encode_split(Split((many,), tags), tokenizer, max_length=9)
    assert isinstance(again.words.base, np.memmap)  # read from the file
    assert np.array_equal(first.labels, again.labels)
    joined = encode_split(Split((tuple(" ".join(words) for words in many),), (0,) * 300), tokenizer, max_length=9)
    assert joined.words is None


def test_labels_of_tokens_are_padded_with_what_no_loss_reads():
    split = EncodedSplit(
        ids=np.array([5, 6, 7, 8], dtype=np.int32),
        types=None,
        lengths=np.array([3, 1]),
        labels=np.array([IGNORED, 1, IGNORED, 2]),
        truncated=Truncated(rows=0, tokens=0, of_tokens=0),
        words=np.array([-1, 0, -1, 0], dtype=np.int32),
    )
    assert split.batch([0, 1], 0)["labels"].tolist() == [[IGNORED, 1, IGNORED], [2, IGNORED, IGNORED]]


def test_logits_are_those_of_first_tokens_in_the_order_of_the_rows(tokenizer):
    encoded = encode_split(Split((WORDS,), TAGS), tokenizer, max_length=50)

    def forward(batch):
        return batch["input_ids"].numpy()[..., None].astype(np.float32)

    found = gather_logits(forward, encoded, tokenizer.pad_token_id, tokens=16)
    for row in range(3):
        expected = encoded[row]["input_ids"][encoded.first_pieces(row)]
        assert found[row][:, 0].tolist() == expected.tolist()


def test_a_byte_level_tokenizer_reads_a_word_as_it_would_within_a_text():
    letters = ["<s>", "<pad>", "</s>", "<unk>", "<mask>", "Ġ", *"aemor", "ro", "Ġro", "Ġrome"]
    vocabulary = {piece: place for place, piece in enumerate(letters)}
    merges = [("r", "o"), ("Ġ", "ro"), ("m", "e"), ("Ġro", "me")]
    tokenizer: PreTrainedTokenizerFast = RobertaTokenizerFast(vocab=vocabulary | {"me": len(letters)}, merges=merges)
    assert tokenizer(["a", "rome"], is_split_into_words=True).tokens() != tokenizer("a rome").tokens()
    _take_words(tokenizer, "x")
    assert tokenizer(["a", "rome"], is_split_into_words=True).tokens() == ["<s>", "Ġ", "a", "Ġrome", "</s>"]
