"""What was served is kept for a while, with what feedback says of it."""

import dataclasses
import multiprocessing
import sqlite3
import subprocess
import sys
import threading

import pytest

from app.errors import StoreError
from app.serving.store.store import Store
from tests.conftest import PROJECT
from tests.serving.store.rows import make_row, make_rows


@pytest.fixture
def path(tmp_path):
    return tmp_path / "served" / "tiny" / "predictions.db"


def test_rows_come_back_as_they_were_recorded(path):
    rows = [make_row(0, confidence=None, texts=("one", "two\n\u2028 ü")), make_row(1, is_cut=True, unknown=3)]
    store = Store(path, keep_texts=True)
    assert store.record(rows) == 0
    assert Store(path).read() == tuple(rows)


def test_texts_are_not_kept_unless_asked_for(path):
    store = Store(path)
    store.record([make_row(0, texts=("a secret",))])
    store.close()
    assert store.read()[0].texts == ()
    assert b"a secret" not in path.read_bytes()


def test_the_last_rows_and_those_since_a_moment_can_be_read(path):
    store = Store(path, keep_texts=True)
    store.record(make_rows(0, 10))
    assert store.read(last=3) == tuple(make_rows(7, 10))
    assert store.read(since=make_row(6).time) == tuple(make_rows(6, 10))
    assert store.read(since=make_row(6).time, last=2) == tuple(make_rows(8, 10))


def test_rows_of_one_version_can_be_read(path):
    store = Store(path, keep_texts=True)
    store.record([*make_rows(0, 5), *make_rows(5, 10, version=2), *make_rows(10, 12)])
    assert store.read(version=2, last=3) == tuple(make_rows(7, 10, version=2))


def test_an_absent_store_has_nothing_and_reading_makes_none(path):
    store = Store(path)
    assert store.read() == ()
    assert store.labelled().examples == ()
    assert not path.parent.exists()


def test_the_oldest_rows_leave_and_the_file_stops_growing(path):
    store = Store(path, max_rows=200, keep_texts=True)
    sizes = []
    for at in range(0, 6000, 50):
        store.record(make_rows(at, at + 50, texts=("x" * 500,)))
        sizes.append(sum(file.stat().st_size for file in path.parent.iterdir()))
    assert [row.id for row in store.read()] == [row.id for row in make_rows(5800, 6000)]
    assert max(sizes[60:]) <= 1.2 * max(sizes[:60])
    assert max(sizes) < 3 * 2**20


def test_a_row_that_is_recorded_twice_is_kept_once(path):
    store = Store(path)
    store.record(make_rows(0, 2))
    store.record(make_rows(0, 3))
    assert len(store.read()) == 3


def test_the_last_feedback_of_a_row_counts(path):
    store = Store(path, keep_texts=True)
    store.record(make_rows(0, 2))
    assert store.feedback(make_row(0).id, "maybe")
    assert store.feedback(make_row(0).id, "no")
    assert [row.label for row in store.read()] == ["no", None]
    (example,) = store.labelled().examples
    assert (example.texts, example.label) == (("text 0",), "no")


def test_feedback_brings_the_text_that_was_not_kept(path):
    store = Store(path)
    store.record(make_rows(0, 3))
    store.feedback(make_row(0).id, "no", ["given"])
    store.feedback(make_row(0).id, "yes")  # says nothing of the text, and does not lose it
    store.feedback(make_row(1).id, "no")  # its text is nowhere
    assert [(example.texts, example.label) for example in store.labelled().examples] == [(("given",), "yes")]


def test_feedback_may_come_before_its_row(path):
    store = Store(path, keep_texts=True)
    store.feedback(make_row(0).id, "no")
    store.record(make_rows(0, 1))
    assert store.read()[0].label == "no"
    assert store.labelled().examples[0].texts == ("text 0",)


def test_what_is_labelled_outlives_its_row(path):
    store = Store(path, max_rows=10, keep_texts=True)
    store.record(make_rows(0, 10))
    store.feedback(make_row(0).id, "no")
    store.record(make_rows(10, 30))
    assert make_row(0).id not in {row.id for row in store.read()}
    assert store.labelled().examples[0].texts == ("text 0",)


def test_feedback_is_bounded_too(path):
    store = Store(path, max_rows=5)
    for number in range(12):
        store.feedback(make_row(number).id, "no", [f"text {number}"])
    assert [example.texts[0] for example in store.labelled().examples] == [f"text {number}" for number in range(7, 12)]


def test_the_fingerprint_is_that_of_texts_and_labels(path, tmp_path):
    store, other = Store(path), Store(tmp_path / "other.db")
    empty = store.labelled().fingerprint
    for number in range(3):
        store.feedback(make_row(number).id, "no", ["a text"])
        other.feedback(make_row(2 - number).id, "no", ["a text"])
    assert store.labelled().fingerprint == other.labelled().fingerprint != empty
    other.feedback(make_row(0).id, "yes")
    assert store.labelled().fingerprint != other.labelled().fingerprint


def test_another_thread_may_write_than_the_one_that_opened(path):
    store = Store(path)
    writer = threading.Thread(target=lambda: [store.record(make_rows(at, at + 1)) for at in range(50)])
    writer.start()
    for number in range(50):
        store.feedback(make_row(number).id, "no", ["t"])
    writer.join()
    assert (len(store.read()), len(store.labelled().examples), store.lost) == (50, 50, 0)


def _read_often(path):
    return [len(Store(path).read()) for _ in range(50)]


def test_several_processes_read_while_it_is_written(path):
    store = Store(path, max_rows=100)
    store.record(make_rows(0, 100))
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        readers = pool.map_async(_read_often, [path] * 2)
        at = 100
        while not readers.ready():
            store.record(make_rows(at, at + 5))
            at += 5
        assert readers.get() == [[100] * 50] * 2
    assert (store.lost, store.read()[-1].id) == (0, make_row(at - 1).id)


@pytest.mark.parametrize("schema", [0, 2])
def test_a_store_of_another_schema_is_refused(path, schema):
    store = Store(path)
    store.record(make_rows(0, 1))
    store.close()
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA user_version={schema}")
    connection.close()
    with pytest.raises(StoreError, match=rf"predictions.db: is a store of schema {schema}, and this program's is 1"):
        Store(path)


def test_another_programs_database_is_refused(path):
    path.parent.mkdir(parents=True)
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE songs (title TEXT)")
    connection.close()
    with pytest.raises(StoreError, match="is no store of predictions"):
        Store(path)


def test_a_torn_store_costs_rows_until_it_is_moved_away(path):
    store = Store(path, keep_texts=True)
    store.record(make_rows(0, 300))
    store.close()
    content = path.read_bytes()
    path.write_bytes(b"torn" + content[4:4096] + bytes(4096))
    store = Store(path)
    assert store.record(make_rows(0, 5)) == 5
    assert (store.lost, store.feedback("x", "no")) == (5, False)
    assert "cannot be written" in store.trouble
    with pytest.raises(StoreError, match="cannot be read"):
        store.read()
    path.rename(path.with_suffix(".torn"))
    assert store.record(make_rows(5, 10)) == 0
    assert (store.lost, store.trouble, len(store.read())) == (6, None, 5)


def test_a_store_whose_folder_is_removed_is_begun_anew(path):
    store = Store(path)
    store.record(make_rows(0, 5))
    for file in path.parent.iterdir():
        file.unlink()
    path.parent.rmdir()
    assert store.record(make_rows(5, 10)) == 0
    assert len(store.read()) == 5


def test_a_text_that_is_no_unicode_is_lost_alone(path):
    store = Store(path)
    assert store.record([dataclasses.replace(make_row(0), prediction="\ud800")]) == 1
    assert store.record(make_rows(1, 2)) == 0


def test_it_starts_without_the_heavy_libraries():
    heavy = ("torch", "transformers", "pandas", "pyarrow", "sklearn", "scipy", "numpy", "onnxruntime")
    program = f"import sys, app.serving.store.store; sys.exit(str(sorted(set({heavy!r}) & set(sys.modules)) or ''))"
    done = subprocess.run([sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True)
    assert done.stderr.strip() == ""
