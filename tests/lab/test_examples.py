"""The examples of a benchmark are kept once, as the models got them, and never those of other data."""

import json

import numpy as np
import pyarrow.parquet
import pytest

from app.config import Dataset, Files
from app.lab.datasets import load_examples
from app.lab.examples import CHARACTERS, write_examples
from app.lab.language.losses import TokenLosses
from app.layout import BenchmarkFolder
from app.tasks import CAUSAL, REGRESSION, TAGGING


@pytest.fixture
def load(here):
    def one(rows, kind="text-classification", **options):
        for name in ("train", "test"):
            (here / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        files = Files(train=here / "train.jsonl", test=here / "test.jsonl")
        return load_examples(Dataset(path=files, **options), kind)

    return one


def kept(examples, folder, losses=None):
    write_examples(BenchmarkFolder(folder), examples, losses)
    return pyarrow.parquet.read_table(folder / "examples.parquet")


ROWS = [{"text": f"text number {n}", "label": ("no", "yes")[n % 2], "topic": ("sea", None)[n % 2]} for n in range(20)]


def test_a_row_has_text_label_words_and_the_columns_that_were_asked_for(here, load):
    table = kept(load(ROWS, slices=("topic",)), here)
    assert table.column_names == ["id", "text", "label", "words", "slice.topic"]
    assert table.slice(0, 2).to_pylist() == [
        {"id": 0, "text": "text number 0", "label": "no", "words": 3, "slice.topic": "sea"},
        {"id": 1, "text": "text number 1", "label": "yes", "words": 3, "slice.topic": ""},
    ]
    assert table.num_rows == 20


def test_the_file_says_which_data_and_which_split_it_is_of(here, load):
    examples = load(ROWS)
    known = kept(examples, here).schema.metadata
    assert known[b"fingerprint"].decode() == examples.fingerprint
    assert known[b"split"] == b"test"


def test_a_pair_has_two_texts_whose_words_count_together(here, load):
    rows = [{"one": f"a b {n}", "other": "c", "label": n % 2} for n in range(20)]
    first = kept(load(rows, text=("one", "other")), here).slice(0, 1).to_pylist()[0]
    assert (first["first"], first["second"], first["words"], first["label"]) == ("a b 0", "c", 4, "0")


def test_of_a_long_text_the_beginning_is_kept_and_all_words_are_counted(here, load):
    long = "word " * 1000
    first = kept(load([{"text": long + str(n), "label": n % 2} for n in range(20)]), here).slice(0, 1).to_pylist()[0]
    assert first["text"] == long[:CHARACTERS]
    assert first["words"] == 1001


def test_numbers_stay_numbers_and_entities_are_told_in_words(here, load):
    numbers = load([{"text": f"t {n}", "label": n / 2} for n in range(20)], REGRESSION.name)
    assert kept(numbers, here / "a")["label"].slice(0, 3).to_pylist() == [0.0, 0.5, 1.0]
    rows = [{"tokens": ["Ada", "Bell", f"left{n}"], "tags": ["B-PER", "I-PER", "O"]} for n in range(20)]
    first = kept(load(rows, TAGGING.name, text=("tokens",), label="tags"), here / "b").slice(0, 1).to_pylist()[0]
    assert (first["text"], first["label"], first["words"]) == ("Ada Bell left0", "Ada Bell (PER)", 3)


def test_of_running_text_a_row_is_a_window_with_its_scored_tokens(here):
    examples = load_examples(Dataset(path="builtin/lyrics", limit=3), CAUSAL.name)
    losses = TokenLosses(np.array([4, 2]), np.array([1.0, 2.0]), ("a song\nof", "two"), vocabulary=9)
    table = kept(examples, here, losses)
    assert table.to_pylist() == [
        {"id": 0, "text": "a song\nof", "words": 3, "tokens": 4},
        {"id": 1, "text": "two", "words": 1, "tokens": 2},
    ]


def test_a_whole_file_of_the_same_rows_is_not_written_again(here, load):
    kept(load(ROWS), here)
    before = (here / "examples.parquet").stat()
    kept(load(ROWS), here)
    assert (here / "examples.parquet").stat().st_mtime_ns == before.st_mtime_ns
    assert (here / "examples.parquet").stat().st_ino == before.st_ino


@pytest.mark.parametrize("change", ["torn", "rows", "columns", "values"])
def test_a_torn_file_or_one_of_other_rows_is_replaced(here, load, change):
    kept(load(ROWS, slices=("topic",)), here)
    path = here / "examples.parquet"
    before = path.read_bytes()
    if change == "torn":
        path.write_bytes(before[:-9])
        assert kept(load(ROWS, slices=("topic",)), here).num_rows == 20
        assert path.read_bytes() == before
        return
    rows, slices = ROWS, ("topic",)
    if change == "rows":
        rows = [{**row, "text": f"another {row['text']}"} for row in ROWS]
    if change == "values":
        rows = [{**row, "topic": "sky"} for row in ROWS]
    if change == "columns":
        slices = ()
    kept(load(rows, slices=slices), here)
    assert path.read_bytes() != before


def test_nothing_but_the_file_is_left(here, load):
    kept(load(ROWS), here / "kept")
    assert [path.name for path in (here / "kept").iterdir()] == ["examples.parquet"]
