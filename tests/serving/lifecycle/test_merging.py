"""What people have labelled is learned from, or tested on; never both, and never what was tested on before."""

from dataclasses import replace

import pyarrow.parquet
import pytest

from app.config import Dataset, Files
from app.lab.datasets import Examples, Split, load_examples
from app.serving.lifecycle.merging import merge_examples, read_merged, write_merged
from app.serving.store.records import Example

LABELS = ("card", "cash")


def a_split(*rows: tuple[str, int]) -> Split:
    return Split((tuple(text for text, _ in rows),), tuple(label for _, label in rows), names=LABELS)


@pytest.fixture
def examples() -> Examples:
    splits = {
        "train": a_split(("my card", 0), ("my cash", 1), ("lost", 1)),
        "validation": a_split(("a card", 0)),
        "test": a_split(("the cash", 1), ("the card", 0)),
    }
    return Examples("x.csv", None, LABELS, splits, "0" * 64, validation_from_train=False)


def labelled(count: int, prefix: str = "new") -> list[Example]:
    return [Example(f"id-{place}", (f"{prefix} {place}",), LABELS[place % 2]) for place in range(count)]


def texts(split: Split) -> list[str]:
    return list(split.texts[0])


def test_new_rows_are_shared_out_between_train_and_test(examples):
    merged = merge_examples(examples, labelled(200), test_share=0.2)
    assert merged.added + merged.held_out == 200
    assert 20 <= merged.held_out <= 60
    assert texts(merged.splits["train"])[:3] == ["my card", "my cash", "lost"]
    assert texts(merged.splits["test"])[:2] == ["the cash", "the card"]
    assert not set(texts(merged.splits["train"])) & set(texts(merged.splits["test"]))
    assert merged.splits["validation"] == examples.splits["validation"]


def test_a_row_that_was_trained_on_in_one_round_is_not_tested_on_in_the_next(examples):
    first = merge_examples(examples, labelled(50), test_share=0.3)
    second = merge_examples(examples, labelled(90), test_share=0.3)
    assert set(texts(first.splits["train"])) <= set(texts(second.splits["train"]))
    assert set(texts(first.splits["test"])) <= set(texts(second.splits["test"]))


def test_nor_is_the_same_text_in_another_request(examples):
    given = labelled(50)
    again = [Example(f"again-{item.id}", item.texts, item.label) for item in given]
    first = merge_examples(examples, given, test_share=0.3)
    assert merge_examples(examples, [*given, *again], test_share=0.3) == first


def test_where_no_class_is_put_right_the_data_stay_as_they_are(examples):
    other = replace(examples, kind="text-regression", labels=())
    merged = merge_examples(other, labelled(5), test_share=0.3)
    assert (merged.splits, merged.added, merged.unknown) == (examples.splits, 0, 5)


def test_what_test_or_validation_has_is_never_trained_on(examples):
    given = [Example("1", ("the cash",), "card"), Example("2", ("a card",), "cash")]
    merged = merge_examples(examples, given, test_share=0.0)
    assert (merged.added, merged.known) == (0, 2)
    assert merged.splits == examples.splits


def test_a_label_that_was_put_right_replaces_the_old_one(examples):
    merged = merge_examples(examples, [Example("1", ("lost",), "card")], test_share=0.0)
    train = merged.splits["train"]
    assert (merged.added, merged.corrected) == (1, 1)
    assert dict(zip(texts(train), train.labels, strict=True)) == {"my card": 0, "my cash": 1, "lost": 0}


def test_a_row_that_is_known_with_its_label_is_there_once(examples):
    merged = merge_examples(examples, [Example("1", ("lost",), "cash")], test_share=0.0)
    assert (merged.added, merged.corrected) == (1, 0)
    assert sorted(texts(merged.splits["train"])) == ["lost", "my card", "my cash"]


def test_the_last_word_on_a_text_counts_and_unknown_labels_are_told(examples):
    given = [Example("1", ("mine",), "card"), Example("2", ("mine",), "cash"), Example("3", ("yours",), "gold")]
    merged = merge_examples(examples, given, test_share=0.0)
    assert (merged.added, merged.unknown) == (1, 1)
    assert merged.splits["train"].labels[-1] == 1


def test_the_files_are_a_data_set_that_a_benchmark_reads(examples, tmp_path):
    merged = merge_examples(examples, labelled(10), test_share=0.2)
    files = write_merged(merged, LABELS, str(tmp_path / "data"))
    assert read_merged(tmp_path / "data").splits == files
    assert read_merged(tmp_path / "data").counts == merged.counts
    assert pyarrow.parquet.read_schema(files["train"]).names == ["text", "label"]
    read = load_examples(Dataset(path=Files.model_validate(files)))
    assert read.labels == LABELS
    assert read.rows == {name: len(split) for name, split in merged.splits.items()}
    assert texts(read.splits["train"]) == texts(merged.splits["train"])
