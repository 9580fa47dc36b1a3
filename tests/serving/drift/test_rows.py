"""A package's reference and what was served become the same columns."""

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest

from app.errors import PackageError
from app.layout import PackageFolder, ServedFolder
from app.serving.drift.rows import gather_served, read_reference
from tests.serving.drift.samples import make_model, unusual, usual, with_labels, without_texts
from tests.serving.packages import add_reference, serve_rows


def same(one, other):
    for name in ("characters", "tokens", "is_cut", "confidence"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    np.testing.assert_allclose(one.unknown, other.unknown)
    assert (one.texts, one.predictions, one.labels) == (other.texts, other.predictions, other.labels)


def test_the_reference_is_read_as_it_was_written(tmp_path):
    rows = usual(0, 20)
    same(read_reference(make_model(tmp_path / "package", rows).folder), rows)


def test_a_reference_may_have_no_texts(tmp_path):
    rows = without_texts(usual(0, 20))
    folder = make_model(tmp_path / "package", rows).folder
    assert "text" not in pyarrow.parquet.read_schema(folder.reference).names
    same(read_reference(folder), rows)


def test_the_texts_of_a_pair_are_one(tmp_path):
    folder = make_model(tmp_path / "package", usual(0, 2)).folder
    table = pyarrow.parquet.read_table(folder.reference)
    columns = {**table.to_pydict(), "first": ["a", "b"], "second": ["c", "d"]}
    del columns["text"]
    pyarrow.parquet.write_table(pyarrow.Table.from_pydict(columns), folder.reference)
    assert read_reference(folder).texts == ("a\nc", "b\nd")


def test_what_was_served_is_read_with_the_labels_of_feedback(tmp_path):
    rows = with_labels(unusual(0, 30), ["yes" if place % 3 else None for place in range(30)])
    store = serve_rows(ServedFolder(tmp_path), rows)
    same(gather_served(store.read()), rows)
    assert len(gather_served(())) == 0


def test_a_package_without_a_reference_says_what_to_do(tmp_path):
    folder = make_model(tmp_path / "package", None).folder
    with pytest.raises(PackageError, match=r"package: has no reference.parquet, so .*make the package anew"):
        read_reference(folder)
    folder.reference.write_bytes(b"torn")
    with pytest.raises(PackageError, match="cannot be read"):
        read_reference(folder)


def test_a_reference_that_lacks_a_column_is_refused(tmp_path):
    folder = PackageFolder(tmp_path)
    pyarrow.parquet.write_table(pyarrow.Table.from_pydict({"id": [1], "tokens": [1]}), folder.reference)
    with pytest.raises(PackageError, match="has no column characters, unknown, is_cut, prediction, confidence"):
        read_reference(folder)


def test_a_package_with_a_reference_is_whole(tmp_path):
    from app.serving.package.manifest import verify_package

    folder = make_model(tmp_path / "package", usual(0, 5)).folder
    add_reference(folder, usual(5, 10))
    assert "reference.parquet" in verify_package(folder).files
