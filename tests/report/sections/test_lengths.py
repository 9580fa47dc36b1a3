"""Scores by length are those of the examples of that length."""

import numpy as np
import pytest

from app.report.examples import read_examples
from app.report.gather import read_benchmark
from app.report.sections.lengths import length_figure, length_passage
from tests.report.golden import Made, make_benchmark
from tests.report.kinds import TEXTS, make_lyrics, make_ratings
from tests.report.test_answers import PAIR, read


def shown(folder):
    record, answers = read_benchmark(folder), read(folder)
    given = record, answers, read_examples(record, answers)
    return length_passage(*given), length_figure(*given)


def test_the_best_and_the_worst_length_are_told_with_their_scores(tmp_path):
    texts = ["one", "two of them", "five of them in all"]
    folder = make_benchmark(tmp_path, PAIR, examples=300, texts=texts, pages=False)
    answers = read(folder)
    right = (answers.models[0].said == answers.truth).mean(axis=0)
    scores = [right[np.arange(300) % 3 == place].mean() for place in range(3)]
    passage, picture = shown(folder)
    best, worst = int(np.argmax(scores)), int(np.argmin(scores))
    words = ("1", "3", "5")
    assert f"a does best on texts of {words[best]} words ({max(scores):.3f})" in passage.html
    assert f"worst on those of {words[worst]} ({min(scores):.3f})" in passage.html
    assert f"a {', '.join(f'{score:.3f}' for score in scores)}" in picture.alt
    assert "words (with 100, 100, 100 examples, from left to right)" in picture.svg


def test_where_all_lengths_are_alike_none_is_called_the_best(tmp_path):
    runs = [Made(architecture="a", quality=1.0)]
    passage, _ = shown(make_benchmark(tmp_path, runs, examples=40, texts=["one", "and two"], pages=False))
    assert "a does as well on short texts as on long ones (1.000)." in passage.html


def test_of_numbers_the_error_is_shown_and_the_least_is_best(tmp_path):
    folder = make_ratings(tmp_path, PAIR)
    passage, picture = shown(folder)
    assert "By mean absolute error, a does best on" in passage.html
    assert picture.alt.startswith("mean absolute error on texts of ")


@pytest.mark.parametrize(
    "make",
    [
        lambda folder: make_benchmark(folder, PAIR, examples=40, texts=["of one length"], pages=False),
        lambda folder: make_benchmark(folder, [Made(architecture="a")], examples=40, pages=False),
        lambda folder: make_lyrics(folder, PAIR),
        lambda folder: make_ratings(folder, PAIR, texts=TEXTS[:1] * 120),
    ],
)
def test_where_lengths_tell_nothing_nothing_is_said(tmp_path, make):
    assert shown(make(tmp_path)) == (None, None)
