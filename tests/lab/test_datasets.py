"""A data set is read from files, a folder or a corpus into checked splits; what cannot be used is named."""

import json

import pyarrow
import pyarrow.parquet
import pytest

from app.config import Dataset, Files
from app.errors import DataError, HubError
from app.lab.datasets import load_examples

ROWS = [{"text": f"text number {n}", "label": ("yes", "no", "so")[n % 3]} for n in range(60)]


def write(path, rows):
    if path.suffix == ".parquet":
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), path)
    elif path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    elif path.suffix == ".json":
        path.write_text(json.dumps(rows))
    else:
        separator = "\t" if path.suffix == ".tsv" else ","
        lines = [
            separator.join(rows[0]),
            *(separator.join(f'"{value}"' for value in row.values()) for row in rows),
        ]
        path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture
def load(here):
    def one(train=ROWS, form=".csv", **options):
        splits = {"train": train} | {name: options.pop(name) for name in ("validation", "test") if name in options}
        files = {name: write(here / f"{name}{form}", rows) for name, rows in splits.items()}
        return load_examples(Dataset(path=Files(**files), **options))

    return one


@pytest.mark.parametrize("form", [".csv", ".tsv", ".json", ".jsonl", ".parquet"])
def test_every_format_gives_the_same_rows_and_the_same_fingerprint(load, form):
    examples = load(form=form, validation=ROWS[:9], test=ROWS[9:15])
    assert examples.rows == {"train": 60, "validation": 9, "test": 6}
    assert examples.labels == ("no", "so", "yes")
    assert examples.splits["train"].texts[0][0] == "text number 0"
    assert examples.fingerprint == load(form=".csv", validation=ROWS[:9], test=ROWS[9:15]).fingerprint


def test_a_folder_of_the_hubs_form_is_read_as_the_hub_is(here, load, monkeypatch):
    monkeypatch.setenv("HF_HOME", str(here / "hub"))
    folder = here / "set"
    folder.mkdir()
    for name, rows in {"train": ROWS, "test": ROWS[:6]}.items():
        write(folder / f"{name}.parquet", rows)
    from_folder = load_examples(Dataset(path=str(folder)))
    assert from_folder.rows == {"train": 54, "validation": 6, "test": 6}
    assert from_folder.fingerprint == load(test=ROWS[:6]).fingerprint


def test_two_text_columns_make_a_pair(load):
    rows = [{"a": f"one {n}", "b": f"two {n}", "label": n % 2} for n in range(40)]
    examples = load(rows, text=("a", "b"))
    assert examples.labels == ("0", "1")
    assert examples.splits["train"].texts[0][0].startswith("one")
    assert len(examples.splits["train"].texts) == 2


def test_a_missing_validation_split_is_cut_from_train_and_said(load):
    first, second = load(), load()
    assert first.rows == {"train": 54, "validation": 6}
    assert first.validation_from_train
    assert sorted(first.splits["validation"].labels) == [0, 0, 1, 1, 2, 2]
    assert first.splits == second.splits
    assert not set(first.splits["train"].texts[0]) & set(first.splits["validation"].texts[0])


def test_without_labels_in_test_the_validation_split_is_the_one_reported(load):
    unlabelled = [{"text": "a", "label": -1}, {"text": "b", "label": -1}]
    rows = [{"text": f"t {n}", "label": n % 2} for n in range(40)]
    examples = load(rows, test=unlabelled)
    assert "test" not in examples.splits
    assert examples.evaluated == "validation"


def test_limit_takes_the_same_rows_each_time(load):
    first, second = (load(validation=ROWS, limit=10) for _ in "ab")
    assert first.rows == {"train": 10, "validation": 10}
    assert first.splits == second.splits


def test_other_contents_give_another_fingerprint(load):
    changed = [*ROWS[:-1], {**ROWS[-1], "text": "changed"}]
    assert load().fingerprint != load(changed).fingerprint


@pytest.mark.parametrize("name", ["acceptability", "intents", "sentiment"])
def test_the_built_in_corpora_come_with_their_clean_labels(name):
    examples = load_examples(Dataset(path=f"builtin/{name}"))
    assert set(examples.rows) == {"train", "validation", "test"}
    assert examples.noise
    assert examples.splits["test"].clean is not None
    assert examples.question


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"text": ("txet",)}, r"train.csv: has no column 'txet'; did you mean text\?"),
        ({"label": "class"}, "has no column 'class'; its columns: text, label"),
        ({"train": [{"text": "a", "label": "x"}] * 3}, "all 3 rows have the label 'x'"),
        ({"test": [{"text": "a", "label": "maybe"}]}, "test.csv: has labels that train has not: maybe"),
        ({"train": [*ROWS, {"text": "  ", "label": "no"}]}, "train.csv: row 61: the text is empty"),
        ({"train": [{"text": f"{n}", "label": n / 7} for n in range(9)]}, "row 2: label 0.14.* is no class"),
    ],
)
def test_what_cannot_be_used_is_refused_with_file_and_row(load, options, words):
    with pytest.raises(DataError, match=words):
        load(**options)


def test_a_file_with_no_rows_is_refused(here):
    (here / "train.csv").write_text("text,label\n")
    with pytest.raises(DataError, match="has no rows"):
        load_examples(Dataset(path=Files(train=here / "train.csv")))


def test_a_row_without_a_label_is_refused(here):
    (here / "train.jsonl").write_text('{"text": "a", "label": 0}\n{"text": "b", "label": null}\n')
    with pytest.raises(DataError, match="row 2: has no label"):
        load_examples(Dataset(path=Files(train=here / "train.jsonl")))


def test_a_broken_encoding_is_told_with_its_line(here):
    (here / "train.csv").write_bytes(b"text,label\nfine,0\ncaf\xe9,1\n")
    with pytest.raises(DataError, match="line 3: byte 0xe9 is not UTF-8"):
        load_examples(Dataset(path=Files(train=here / "train.csv")))


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("missing.csv", None, "no such file"),
        ("data.xlsx", b"x", "a data file is one of .csv"),
        ("data.parquet", b"not parquet", "is not readable as parquet"),
        ("data.jsonl", b'{"text": "a", "label": 0}\n{oops\n', "line 2: is not JSON"),
        ("data.json", b"[1, 2]", "row 1: must be an object"),
        ("data.csv", b"text,label\na,b,c,d\n", "is not readable as csv"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_the_cause(here, name, content, words):
    if content is not None:
        (here / name).write_bytes(content)
    with pytest.raises(DataError, match=words):
        load_examples(Dataset(path=Files(train=here / name)))


def test_a_path_to_a_folder_that_is_not_there_is_refused(here):
    with pytest.raises(DataError, match="no such folder"):
        load_examples(Dataset(path="./nowhere"))


def test_a_hub_that_cannot_be_reached_is_told_with_the_id_and_the_way_offline(here, monkeypatch):
    import datasets
    import huggingface_hub.constants

    # nothing listens there: a refused connection is what a machine without a network sees, only faster
    monkeypatch.setattr(datasets.config, "HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(HubError, match=r"some-org/some-set: the hub cannot be reached.*--set dataset.path=builtin"):
        load_examples(Dataset(path="some-org/some-set"))


def test_a_labels_name_of_the_hub_is_kept(here, monkeypatch):
    import datasets

    monkeypatch.setenv("HF_HOME", str(here / "hub"))
    features = datasets.Features(
        {"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["bad", "good"])}
    )
    rows = {"text": [f"t {n}" for n in range(40)], "label": [n % 2 for n in range(40)]}
    folder = here / "set"
    folder.mkdir()
    datasets.Dataset.from_dict(rows, features=features).to_parquet(folder / "train.parquet")
    assert load_examples(Dataset(path=str(folder))).labels == ("bad", "good")


def test_labels_of_csv_files_are_read_alike_in_every_file(here):
    (here / "train.csv").write_text("text,label\n" + "".join(f"t{n},{('1', '2', 'other')[n % 3]}\n" for n in range(30)))
    (here / "test.csv").write_text("text,label\na,1\nb,2\n")
    examples = load_examples(Dataset(path=Files(train=here / "train.csv", test=here / "test.csv")))
    assert examples.labels == ("1", "2", "other")
    (here / "train.csv").write_text("text,label\n" + "".join(f"t{n},{('01', '1')[n % 2]}\n" for n in range(30)))
    assert load_examples(Dataset(path=Files(train=here / "train.csv"))).labels == ("01", "1")


def test_a_line_separator_in_a_text_is_part_of_it(here):
    rows = [{"text": f"one\u2028two {n}", "label": n % 2} for n in range(20)]
    (here / "x.jsonl").write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    assert "\u2028" in load_examples(Dataset(path=Files(train=here / "x.jsonl"))).splits["train"].texts[0][0]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("x.json", b'[{"text": "a"}, {"text": "b", "label": 1}]', "row 1: has no label"),
        ("x.json", b'[{"text": "a", "label": [1]}, {"text": "b", "label": [2]}]', "a label is a name"),
        ("x.csv", b"text,text,label\na,b,1\n", "2 columns called 'text'"),
    ],
)
def test_odd_files_are_refused_with_the_place(here, name, content, words):
    (here / name).write_bytes(content)
    with pytest.raises(DataError, match=words):
        load_examples(Dataset(path=Files(train=here / name)))


def test_a_limit_that_leaves_one_class_is_refused(load):
    with pytest.raises(DataError, match="leaves train with one label"):
        load(limit=1)


@pytest.fixture
def mnli(here, monkeypatch):
    """A folder of the form that the hub has: two validation sets with labels, two test sets without."""
    monkeypatch.setenv("HF_HOME", str(here / "hub"))
    folder = here / "mnli" / "data"
    folder.mkdir(parents=True)
    visible = [{**row, "label": n % 3} for n, row in enumerate(ROWS)]
    hidden = [{**row, "label": -1} for row in ROWS[:6]]
    splits = {"train": visible, "validation_matched": visible[:12], "validation_mismatched": visible[12:21]}
    for name, rows in (splits | {"test_matched": hidden, "test_mismatched": hidden}).items():
        write(folder / f"{name}-00000-of-00001.parquet", rows)
    # the file names alone would be read as train, validation and test: the hub's card names the splits
    files = [f"  - split: {name}\n    path: data/{name}-*" for name in (*splits, "test_matched", "test_mismatched")]
    card = "---\nconfigs:\n- config_name: default\n  data_files:\n" + "\n".join(files) + "\n---\n"
    (folder.parent / "README.md").write_text(card)
    return str(folder.parent)


def test_a_further_split_is_read_beside_validation_and_test(mnli):
    splits = {"validation": "validation_matched", "extra": {"mismatched": "validation_mismatched"}}
    examples = load_examples(Dataset(path=mnli, splits=splits))
    assert examples.rows == {"train": 60, "validation": 12, "mismatched": 9}
    assert examples.evaluated == "validation"
    assert not examples.validation_from_train
    assert examples.fingerprint != load_examples(Dataset(path=mnli)).fingerprint


def test_a_further_split_is_read_from_a_file_too(load, here):
    other = write(here / "other.csv", ROWS[:9])
    files = Files(train=write(here / "train.csv", ROWS), extra={"other": other})
    assert load_examples(Dataset(path=files)).rows == {"train": 54, "validation": 6, "other": 9}


@pytest.mark.parametrize(
    ("splits", "words"),
    [
        (
            {"validation": "validation_mached"},
            r"has no split 'validation_mached'; did you mean validation_matched\? its splits: train, .*"
            r"\(dataset.splits.validation\)",
        ),
        ({"extra": {"other": "dev"}}, r"has no split 'dev'.*\(dataset.splits.extra.other\)"),
        ({"extra": {"other": "test_mismatched"}}, "split other: its labels are hidden"),
    ],
)
def test_a_split_that_cannot_be_scored_is_refused(mnli, splits, words):
    with pytest.raises(DataError, match=words):
        load_examples(Dataset(path=mnli, splits=splits))


SLICED = [{**row, "topic": ("sea", "sky")[n % 2], "year": 1990 + n % 3} for n, row in enumerate(ROWS)]


@pytest.mark.parametrize("form", [".csv", ".tsv", ".json", ".jsonl", ".parquet"])
def test_columns_to_show_scores_apart_by_come_with_the_rows_as_text(load, form):
    examples = load(SLICED, form=form, test=SLICED[:6], slices=("topic", "year"))
    assert examples.splits["test"].slices == {
        "topic": ("sea", "sky", "sea", "sky", "sea", "sky"),
        "year": ("1990", "1991", "1992", "1990", "1991", "1992"),
    }
    train = examples.splits["train"]
    assert all(
        topic == ("sea", "sky")[int(text.split()[-1]) % 2]
        for text, topic in zip(train.texts[0], train.slices["topic"], strict=True)
    )
    assert examples.fingerprint == load(SLICED, form=form, test=SLICED[:6]).fingerprint


def test_columns_to_show_scores_apart_by_stay_with_their_rows_when_few_are_taken(load):
    split = load(SLICED, slices=("topic",), limit=20).splits["train"]
    assert all(
        topic == ("sea", "sky")[int(text.split()[-1]) % 2]
        for text, topic in zip(split.texts[0], split.slices["topic"], strict=True)
    )


@pytest.mark.parametrize(
    ("form", "value", "asked", "words"),
    [
        (".csv", "sea", "topics", "did you mean topic\\? its columns: text, label, topic \\(dataset.slices\\)"),
        (".jsonl", ["sea"], "topic", "row 1: 'topic' is \\['sea'\\], and no single value"),
    ],
)
def test_a_column_that_cannot_tell_scores_apart_is_refused(load, form, value, asked, words):
    with pytest.raises(DataError, match=words):
        load([{**row, "topic": value} for row in ROWS], form=form, slices=(asked,))


def test_a_value_that_is_missing_is_an_empty_one(load):
    rows = [{**row, "topic": None if n % 2 else "sea"} for n, row in enumerate(ROWS)]
    assert set(load(rows, form=".parquet", slices=("topic",)).splits["train"].slices["topic"]) == {"", "sea"}
