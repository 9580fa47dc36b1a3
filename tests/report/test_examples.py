"""Texts are shown beside predictions only where they are those of the same rows."""

import pytest

from app.report.examples import read_examples
from app.report.gather import read_benchmark
from tests.report.golden import Made, make_benchmark, write_examples
from tests.report.kinds import make_lyrics
from tests.report.test_answers import read

TEXTS = [f"a text, number {row}" for row in range(30)]
RUNS = [Made(architecture="a")]


def kept(folder):
    return read_examples(read_benchmark(folder), read(folder))


def test_a_text_is_that_of_the_row(tmp_path):
    folder = make_benchmark(tmp_path, RUNS, examples=30, texts=TEXTS, pages=False)
    examples = kept(folder)
    assert [examples.texts(row) for row in (0, 29)] == [("a text, number 0",), ("a text, number 29",)]
    assert set(examples.words) == {4}
    assert list(examples.slices) == ["topic"]


def test_a_pair_has_two(tmp_path):
    folder = make_benchmark(tmp_path, RUNS, examples=30, texts=TEXTS, pages=False)
    write_examples(folder, TEXTS, ["x"] * 30, first=TEXTS, second=TEXTS[::-1])
    assert kept(folder).texts(0)[-2:] == (TEXTS[0], TEXTS[29])


def test_rows_in_another_order_are_put_in_order(tmp_path):
    folder = make_benchmark(tmp_path, RUNS, examples=30, texts=TEXTS, pages=False)
    write_examples(folder, TEXTS[::-1], ["x"] * 30, id=list(range(30))[::-1])
    assert kept(folder).texts(3) == (TEXTS[3],)


@pytest.mark.parametrize("fault", ["absent", "torn", "other data", "other split", "fewer", "no words"])
def test_what_does_not_belong_to_the_predictions_is_not_shown(tmp_path, fault):
    folder = make_benchmark(tmp_path, RUNS, examples=30, texts=TEXTS, pages=False)
    assert kept(folder) is not None
    if fault == "absent":
        folder.examples.unlink()
    elif fault == "torn":
        folder.examples.write_bytes(folder.examples.read_bytes()[:-5])
    elif fault == "no words":
        write_examples(folder, TEXTS, ["x"] * 30, words=[None] * 30)
    else:
        known = {"other data": {"fingerprint": "another"}, "other split": {"split": "validation"}}.get(fault, {})
        rows = 29 if fault == "fewer" else 30
        write_examples(folder, TEXTS[:rows], ["x"] * rows, **known)
    assert kept(folder) is None


def test_windows_of_another_tokenizer_are_not_shown(tmp_path):
    assert kept(make_lyrics(tmp_path / "same", RUNS)) is not None
    assert kept(make_lyrics(tmp_path / "other", RUNS, tokens=31)) is None
