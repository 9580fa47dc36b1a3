"""Results that are not what was written are never counted, and a report of what is left is made all the same."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.checksums import seal_document
from app.errors import BenchmarkError
from app.report.gather import read_benchmark
from app.results import read_result
from tests.fuzz.documents import change, json_values
from tests.report.golden import Made, make_benchmark
from tests.report.test_report import everything

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "30"))
quiet = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]
many = settings(max_examples=EXAMPLES, deadline=None, database=None, print_blob=True, suppress_health_check=quiet)
few = settings(many, max_examples=max(3, EXAMPLES // 15))  # a report takes its time
RUNS = [Made(architecture="a", quality=0.8, seed=seed) for seed in (0, 1)] + [Made(architecture="b", quality=0.6)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return make_benchmark(tmp_path_factory.mktemp("results"), RUNS, examples=60, pages=False)


@pytest.fixture
def record(folder):
    """The record of one of its runs, put right again afterwards."""
    path: Path = sorted(folder.runs.glob("*/result.json"))[0]
    before = path.read_bytes()
    yield path
    path.write_bytes(before)


@st.composite
def damages(draw: st.DrawFn) -> Any:
    """What may befall the bytes of a file: cut off, blanked, changed, something put in."""
    kind = draw(st.sampled_from(["cut", "blank", "change", "insert", "double"]))
    share, length = draw(st.floats(0, 1, exclude_max=True)), draw(st.integers(1, 200))
    piece = draw(st.binary(min_size=1, max_size=8))

    def damage(content: bytes) -> bytes:
        at = int(share * len(content))
        after = {
            "cut": b"",
            "blank": b"\0" * min(length, len(content) - at) + content[at + length :],
            "change": piece + content[at + len(piece) :],
            "insert": piece + content[at:],
            "double": content[at : at + length] + content[at:],
        }
        return content[:at] + after[kind]

    return damage


@many
@given(damage=damages())
def test_a_record_of_other_bytes_than_were_written_is_none(record, damage):
    before, whole = record.read_bytes(), read_result(record)
    after = damage(before)
    try:
        record.write_bytes(after)
        assert read_result(record) == (whole if after == before else None)
    finally:
        record.write_bytes(before)


@few
@given(data=st.data())
def test_a_whole_record_that_says_something_odd_costs_no_report(folder, record, data):
    before = record.read_bytes()
    document = {key: value for key, value in json.loads(before).items() if key != "checksum"}
    for _ in range(data.draw(st.integers(1, 4))):
        change(data.draw, document, json_values(), st.text(max_size=8))
    try:
        record.write_text(seal_document(document), encoding="utf-8")
        with contextlib.suppress(BenchmarkError):  # said in words: nothing is left to report
            everything(read_benchmark(folder))
    finally:
        record.write_bytes(before)


@few
@given(damage=damages(), name=st.sampled_from(["predictions.parquet", "history.csv", "../../benchmark.json"]))
def test_other_files_that_are_damaged_cost_no_report(folder, record, damage, name):
    path = record.parent / name
    before = path.read_bytes()
    try:
        path.write_bytes(damage(before))
        with contextlib.suppress(BenchmarkError):  # said in words: nothing is left to report
            everything(read_benchmark(folder))
    finally:
        path.write_bytes(before)
