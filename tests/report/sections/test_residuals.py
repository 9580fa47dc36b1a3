"""Residuals by the true number."""

import numpy as np
import pyarrow.parquet

from app.report.sections.residuals import measure_residuals, residual_figure, residual_passage
from app.report.statistics.groups import Groups
from tests.report.golden import Made, make_benchmark
from tests.report.kinds import make_ratings
from tests.report.test_answers import PAIR, read


def test_they_are_predicted_minus_true_of_all_seeds(tmp_path):
    answers = read(make_ratings(tmp_path, PAIR))
    groups = Groups(("low", "high"), (answers.truth > 3).astype(int))
    means, low, high = measure_residuals(answers, answers.models[0], groups)
    for code in (0, 1):
        off = (answers.models[0].said - answers.truth)[:, groups.codes == code].ravel()
        assert means[code] == off.mean()
        assert (low[code], high[code]) == (np.quantile(off, 0.1), np.quantile(off, 0.9))


def change(folder, say):
    """What the one model says, as a function of what it said."""
    (path,) = folder.runs.glob("*/predictions.parquet")
    table = pyarrow.parquet.read_table(path)
    pyarrow.parquet.write_table(table.set_column(2, "prediction", [say(table["prediction"].to_numpy())]), path)
    return read(folder)


def test_a_model_that_keeps_to_the_middle_is_said_to(tmp_path):
    told = str(residual_passage(read(make_ratings(tmp_path / "x", [Made(architecture="a", quality=0.5)]))).html)
    assert "too high where the true number is small (1" in told
    assert "So it keeps to the middle" in told
    keen = change(make_ratings(tmp_path / "y", PAIR[:1]), lambda said: 3 + 1.4 * (said - 3))
    told = str(residual_passage(keen).html)
    assert "too low where the true number is small (1" in told
    assert "So it keeps to the middle" not in told


def test_the_figure_has_a_panel_for_each_leading_model(tmp_path):
    runs = [Made(architecture=f"model-{number}", quality=0.3 + number / 20) for number in range(8)]
    picture = residual_figure(read(make_ratings(tmp_path, runs)))
    assert "model-7" in picture.svg
    assert "model-1" not in picture.svg


def test_a_model_that_diverged_and_classes_have_none(tmp_path):
    classes = read(make_benchmark(tmp_path / "c", PAIR, examples=30, pages=False))
    lost = change(make_ratings(tmp_path / "n", PAIR[:1]), lambda said: np.full_like(said, np.nan))
    for answers in (classes, lost, None):
        assert residual_passage(answers) is None
        assert residual_figure(answers) is None
