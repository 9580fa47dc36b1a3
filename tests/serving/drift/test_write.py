"""The page of a look answers first, and its record says the same to programs."""

import html
import json
import re
from datetime import timedelta

import pytest

from app.errors import PackageError, StoreError
from app.layout import ServedFolder
from app.serving.drift.checks import Verdict
from app.serving.drift.look import take_look
from app.serving.drift.record import read_drift, summarise, write_drift
from app.serving.drift.write import write_drift_report
from tests.browser.reports import execute_here
from tests.serving.drift.samples import make_model, unusual, usual, with_labels, without_texts
from tests.serving.packages import serve_rows
from tests.serving.store.rows import START


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return make_model(tmp_path_factory.mktemp("model") / "package", usual(0, 300))


def report(model, folder, rows, *, last=1000, since="", **options):
    """The record of a look at these rows, and its page as text."""
    served = ServedFolder(folder / "served" / "tiny")
    serve_rows(served, rows, **options)
    record = write_drift_report(model, served, last=last, since=since, execute=execute_here)
    page = html.unescape(re.sub(r"<[^>]+>", " ", served.page.read_text(encoding="utf-8")))
    return record, " ".join(page.split()), served


def test_drift_is_the_first_that_the_page_says(tmp_path, model):
    record, page, served = report(model, tmp_path, unusual(0, 200))
    assert record.verdict is Verdict.DRIFT
    assert record.sentence.startswith("Drift in the last 200 requests: ")
    assert page.index(record.sentence) < page.rindex("The checks")
    assert "“plot”" in page
    assert "python app.py lifecycle" in page
    assert served.page.read_text().count("<svg") == 4
    assert read_drift(served.record) == record
    assert json.loads(served.record.read_text())["schema"] == 1


def test_without_drift_it_says_so_and_asks_for_nothing(tmp_path, model):
    rows = usual(300, 450)
    record, page, _ = report(model, tmp_path, with_labels(rows, rows.labels[:60] + (None,) * 90))
    assert record.sentence == "No drift in the last 150 requests."
    assert record.labelled == 60
    assert record.sentence in page
    assert "Nothing. Look again tomorrow" in page


def test_too_few_requests_are_no_verdict(tmp_path, model):
    record, page, _ = report(model, tmp_path, unusual(0, 40))
    assert record.verdict is Verdict.TOO_FEW
    assert record.checks == ()
    assert "No verdict yet: 40 requests, and 100 are needed." in page


def test_a_store_without_a_row_is_no_verdict_either(tmp_path, model):
    record, page, _ = report(model, tmp_path, unusual(0, 1), since=(START + timedelta(days=1)).isoformat())
    assert (record.requests, record.first) == (0, None)
    assert "No verdict yet: 0 requests, and 100 are needed." in page


def test_without_texts_no_word_is_told(tmp_path, model):
    record, page, served = report(model, tmp_path, without_texts(unusual(0, 150)), keep_texts=False)
    assert record.verdict is Verdict.DRIFT
    assert record.new_words == ()
    assert "are compared by lengths, unknown words, predictions and confidence alone" in page
    assert served.page.read_text().count("<svg") == 3


def test_the_last_requests_and_those_since_a_moment_are_looked_at(tmp_path, model):
    since = (START + timedelta(hours=100)).isoformat()
    record, *_ = report(model, tmp_path, usual(300, 550), last=120, since=since)
    assert (record.requests, record.last) == (120, (START + timedelta(hours=249)).isoformat())


def test_what_another_version_has_answered_is_left_out(tmp_path):
    model = make_model(tmp_path / "package", usual(0, 300), number=2)
    served = ServedFolder(tmp_path / "served" / "tiny")
    serve_rows(served, unusual(0, 150), version=1)
    serve_rows(served, usual(300, 420), version=2)
    look = take_look(model.folder, served, version=2)
    assert (look.version, len(look.served), look.findings.verdict) == (2, 120, Verdict.NONE)
    nothing = summarise(take_look(model.folder, served, version=3))
    assert nothing.sentence == "No verdict yet on version 3: 0 requests, and 100 are needed."


def test_what_texts_hold_is_shown_as_text(tmp_path, model):
    rows = unusual(0, 150)
    probe = "<script>window.pwned=1</script>"
    hostile = with_labels(rows, [None] * 150).take(range(150))
    object.__setattr__(hostile, "texts", (probe,) * 150)
    object.__setattr__(hostile, "predictions", (probe,) * 150)
    _, _, served = report(model, tmp_path, hostile)
    assert "<script>window" not in served.page.read_text()


def test_an_altered_record_is_refused(tmp_path, model):
    record, _, served = report(model, tmp_path, unusual(0, 40))
    served.record.write_text(served.record.read_text().replace("too few requests", "none"))
    with pytest.raises(StoreError, match=r"drift.json: it was altered .* make it anew with `python app.py monitor`"):
        read_drift(served.record)
    write_drift(served.record, record)
    assert read_drift(served.record) == record


def test_what_cannot_be_compared_is_refused_before_anything_is_written(tmp_path):
    served = ServedFolder(tmp_path / "served" / "tiny")
    serve_rows(served, usual(0, 5))
    with pytest.raises(PackageError, match=r"has no reference.parquet"):
        write_drift_report(make_model(tmp_path / "a", None), served, last=9, since="", execute=execute_here)
    served.store.write_bytes(b"torn" * 2000)
    with pytest.raises(StoreError, match="cannot be read"):
        write_drift_report(make_model(tmp_path / "b", usual(0, 5)), served, last=9, since="", execute=execute_here)
    assert not served.page.exists()
