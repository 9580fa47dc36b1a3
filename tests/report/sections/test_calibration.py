"""How far models can be believed is told and drawn, as far as they say how sure they are."""

import pyarrow.parquet

from app.report.sections.calibration import calibration_figure, calibration_passage
from app.report.statistics.calibration import measure_reliability
from tests.report.golden import Made, make_benchmark
from tests.report.kinds import make_ratings
from tests.report.test_answers import PAIR, read


def test_the_best_and_the_worst_calibrated_are_named_with_their_errors(tmp_path):
    answers = read(make_benchmark(tmp_path, PAIR, examples=200, pages=False))
    errors = [measure_reliability(model.confidence, model.said == answers.truth).error for model in answers.models]
    told = str(calibration_passage(answers).html)
    assert f"a is off by {errors[0]:.3f} on average, b by {errors[1]:.3f}, being surer than it is right." in told
    picture = calibration_figure(answers)
    assert f"a {errors[0]:.3f}, b {errors[1]:.3f}" in picture.alt
    assert f"error {errors[1]:.3f}" in picture.svg


def test_of_more_models_than_panels_the_best_are_drawn(tmp_path):
    runs = [Made(architecture=f"model-{number}", quality=0.5 + number / 20) for number in range(8)]
    picture = calibration_figure(read(make_benchmark(tmp_path, runs, examples=60, pages=False)))
    assert "confidence (the best 6)" in picture.svg
    assert "model-1 " not in picture.alt


def test_predictions_without_scores_and_numbers_have_no_calibration(tmp_path):
    folder = make_benchmark(tmp_path / "classes", PAIR, examples=60, pages=False)
    for path in folder.runs.glob("*/predictions.parquet"):
        pyarrow.parquet.write_table(pyarrow.parquet.read_table(path).drop_columns(["score", "scores"]), path)
    for answers in (read(folder), read(make_ratings(tmp_path / "numbers", PAIR)), None):
        assert calibration_passage(answers) is None
        assert calibration_figure(answers) is None
