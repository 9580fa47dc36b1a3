"""What nobody gets right is found, counted, and shown."""

import numpy as np
import pytest

from app.report.sections.hard_examples import find_hard, find_mode
from tests.report.golden import Made, make_benchmark
from tests.report.kinds import TEXTS, make_entities, make_lyrics, make_ratings
from tests.report.mistakes import mistakes_of
from tests.report.test_answers import PAIR, read

BASELINE = Made(architecture="majority", family="majority", quality=0.5)


def test_an_example_is_hard_when_every_run_of_every_model_is_wrong(tmp_path):
    folder = make_benchmark(tmp_path, [*PAIR, BASELINE], labels=("x", "y", "z"), examples=200, texts=["t"], pages=False)
    answers = read(folder)
    wrong, right = find_hard(answers)
    runs = [said == answers.truth for model in answers.models for said in model.said]
    np.testing.assert_array_equal(wrong, ~np.any(runs, axis=0))
    np.testing.assert_array_equal(right, np.all(runs, axis=0))
    html = mistakes_of(folder)
    assert f"Of 200 examples, {wrong.sum()} (" in html
    assert f"and {right.sum()} (" in html
    assert "are wrong in all 4 runs of the 2 models" in html


def test_what_most_say_is_the_most_frequent_answer():
    said = np.array([[0, 1, 2], [0, 2, 1], [1, 2, 0]])
    mode, times = find_mode(said)
    assert mode.tolist() == [0, 2, 0]
    assert times.tolist() == [2, 2, 1]
    random = np.random.default_rng(0).integers(0, 4, (9, 300))
    counts = np.stack([(random == code).sum(axis=0) for code in range(4)])
    np.testing.assert_array_equal(find_mode(random)[0], counts.argmax(axis=0))
    np.testing.assert_array_equal(find_mode(random)[1], counts.max(axis=0))


def test_numbers_are_hard_by_their_error(tmp_path):
    folder = make_ratings(tmp_path, PAIR)
    answers = read(folder)
    errors = np.mean([np.abs(model.said - answers.truth).mean(axis=0) for model in answers.models], axis=0)
    html = mistakes_of(folder)
    assert f"{errors.max():.3f}" in html
    assert TEXTS[int(errors.argmax())] in html
    assert "Too high or too low?" in html


def test_a_sentence_is_wrong_when_one_of_its_tags_is(tmp_path):
    html = mistakes_of(make_entities(tmp_path, PAIR))
    assert "Of 120 sentences, 3 (2.5 %) are wrong" in html
    assert "Ada (PER)" in html
    assert "4 of 4 runs tag it alike" in html


@pytest.mark.parametrize("tokens", [32, 31])
def test_of_running_text_the_windows_with_the_highest_loss_are_shown_where_they_are_known(tmp_path, tokens):
    html = mistakes_of(make_lyrics(tmp_path, PAIR, tokens=tokens))
    assert ("windows with the highest loss" in html) == (tokens == 32)
    assert ("Their texts are not shown" in html) == (tokens == 31)
