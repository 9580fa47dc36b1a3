"""Scores by a column of the data: a table for each that was asked for, and a remedy for one that was not kept."""

import numpy as np

from app.report.examples import read_examples
from app.report.gather import read_benchmark
from app.report.sections.slices import slice_tables
from tests.report.golden import Made, make_benchmark, write_examples
from tests.report.page.test_pages import PROBE, Page
from tests.report.test_answers import PAIR, read

DATA = {"path": "builtin/acceptability", "slices": ["topic"]}
BASELINE = Made(architecture="majority", family="majority", quality=0.5)


def shown(folder):
    record, answers = read_benchmark(folder), read(folder)
    return slice_tables(record, answers, read_examples(record, answers))


def made(folder, runs=PAIR, **options):
    return make_benchmark(
        folder, runs, **{"examples": 210, "texts": ["a text"], "data": DATA, "pages": False} | options
    )


def test_each_value_has_the_score_of_its_examples_and_all_have_the_score_of_the_leaderboard(tmp_path):
    folder = made(tmp_path, [*PAIR, BASELINE])
    answers = read(folder)
    right = (answers.models[0].said == answers.truth).mean(axis=0)
    text = Page(str(shown(folder).html)).text
    north = np.arange(210) % 7 % 3 == 0
    assert f"north{north.sum()}{right[north].mean():.3f}" in text
    assert f"all210{right.mean():.3f}" in text
    assert "topicexamplesabmajority" in text


def test_the_best_of_a_row_is_bold_where_there_are_several(tmp_path):
    assert 'class="number top"' in shown(made(tmp_path / "two")).html
    assert 'class="number top"' not in shown(made(tmp_path / "one", PAIR[:2])).html


def test_where_all_are_alike_nothing_is_bold_or_hardest(tmp_path):
    runs = [Made(architecture=name, quality=1.0) for name in "ab"]
    html = str(shown(made(tmp_path, runs)).html)
    assert "1.000" in html
    assert "hardest" not in html
    assert 'class="number top"' not in html


def test_no_column_asked_for_is_no_section(tmp_path):
    assert shown(made(tmp_path, data={"path": "builtin/acceptability"})) is None


def test_a_column_that_was_not_kept_is_named_with_a_remedy(tmp_path):
    folder = made(tmp_path, [*PAIR, BASELINE], data={**DATA, "slices": ["topic", "weather"]})
    told = str(shown(folder).html)
    assert "The examples that were kept lack weather" in told
    assert "python app.py --config FILE --force --architecture=majority." in told
    assert "north" in told


def test_without_examples_the_remedy_is_the_same(tmp_path):
    folder = made(tmp_path)
    folder.examples.unlink()
    assert "--force --architecture=a." in shown(folder).html


def test_many_values_are_the_most_frequent_and_the_others_together(tmp_path):
    folder = made(tmp_path)
    values = [f"value {row % 30:02}" if row < 180 else "often" for row in range(210)]
    write_examples(folder, ["x"] * 210, ["y"] * 210, **{"slice.topic": values})
    text = Page(str(shown(folder).html)).text
    assert "11 others" in text
    assert "often30" in text
    assert text.count("value ") == 19


def test_values_and_columns_are_shown_as_the_text_they_are(tmp_path):
    folder = made(tmp_path, data={**DATA, "slices": [PROBE]})
    write_examples(folder, ["x"] * 210, ["y"] * 210, **{f"slice.{PROBE}": [PROBE] * 100 + ["\x00\u202e"] * 110})
    page = Page(str(shown(folder).html))
    assert "<script>" in page.text
    assert not [tag for tag, _ in page.elements if tag in ("script", "img", "a")]
    assert "\u202e" not in page.text


def test_eight_architectures_have_a_column(tmp_path):
    runs = [Made(architecture=f"m{number}", quality=0.5 + number / 30) for number in range(11)]
    html = str(shown(made(tmp_path, [*runs, BASELINE])).html)
    assert html.count('scope="col"') == 10
    assert "4 more architectures are left out." in html
    assert "majority" in html
