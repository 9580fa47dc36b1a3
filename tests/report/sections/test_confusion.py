"""What is taken for what, as scikit-learn counts it, with examples of it."""

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix

from app.report.examples import read_examples
from app.report.gather import read_benchmark
from app.report.sections.confusion import confused_pairs, confusion_figure, confusion_passage, count_confusions
from tests.report.golden import Made, make_benchmark
from tests.report.kinds import make_ratings
from tests.report.test_answers import PAIR, read

TEXTS = [f"text {row}" for row in range(200)]


@pytest.fixture
def folder(tmp_path):
    return make_benchmark(tmp_path, PAIR, labels=("no", "yes", "so"), examples=200, texts=TEXTS, pages=False)


def pairs(folder):
    answers = read(folder)
    return confused_pairs(answers, read_examples(read_benchmark(folder), answers))


def test_the_counts_are_those_of_scikit_learn_over_all_seeds_of_the_leader(folder):
    answers = read(folder)
    expected = sum(confusion_matrix(answers.truth, said, labels=range(3)) for said in answers.leader.said)
    np.testing.assert_array_equal(count_confusions(answers), expected)


def test_the_most_frequent_mistake_is_told(folder):
    answers = read(folder)
    counts = count_confusions(answers)
    np.fill_diagonal(counts, 0)
    true, said = np.unravel_index(counts.argmax(), counts.shape)
    told = str(confusion_passage(answers).html)
    assert f"to take “{answers.names[true]}” for “{answers.names[said]}”: {counts.max()} times" in told
    assert f"a, the leading one, 2 seeds together: {counts.sum()} of 400 answers are wrong." in told


def test_pairs_are_counted_both_ways_and_the_most_frequent_comes_first(folder):
    counts = count_confusions(read(folder))
    both = sorted((counts[a, b] + counts[b, a] for a, b in ((0, 1), (0, 2), (1, 2))), reverse=True)
    assert [row[1] for row in pairs(folder).rows] == [str(count) for count in both]


def test_an_example_is_one_that_was_so_mistaken(folder):
    answers = read(folder)
    for row in pairs(folder).rows:
        true, said = row[0].value.split(" × ")[1].split(" → ")
        place = TEXTS.index(row[3].value)
        assert answers.names[answers.truth[place]] == true
        assert said in {answers.names[code] for code in answers.leader.said[:, place]}


def test_without_texts_there_are_pairs_all_the_same(folder):
    folder.examples.unlink()
    assert len(pairs(folder).columns) == 3


def test_more_classes_than_can_be_drawn_have_the_table_alone(tmp_path):
    names = [f"intent {number}" for number in range(200)]
    folder = make_benchmark(tmp_path, PAIR, labels=names, examples=900, pages=False)
    assert confusion_figure(read(folder)) is None
    assert len(pairs(folder).rows) == 10
    assert "more pairs are left out" in pairs(folder).caption


def test_the_figure_tells_how_much_of_each_class_is_right(folder):
    answers = read(folder)
    counts = count_confusions(answers)
    picture = confusion_figure(answers)
    for code, name in enumerate(answers.names):
        assert f"{name} {100 * counts[code, code] / counts[code].sum():.0f} %" in picture.alt
    assert str(counts[0, 0]) in picture.svg


def test_who_makes_no_mistake_confuses_nothing(tmp_path):
    folder = make_benchmark(tmp_path, [Made(architecture="a", quality=1.0)], examples=40, pages=False)
    assert "There is nothing to confuse." in confusion_passage(read(folder)).html
    assert pairs(folder) is None


def test_numbers_are_not_confused(tmp_path):
    answers = read(make_ratings(tmp_path, PAIR))
    assert confusion_passage(answers) is None
    assert confusion_figure(answers) is None
    assert confusion_passage(None) is None
