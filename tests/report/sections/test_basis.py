"""What is compared, and what is not, is said before anything is compared."""

from tests.report.golden import Made, make_benchmark
from tests.report.mistakes import mistakes_of
from tests.report.test_answers import BASELINE, PAIR


def test_models_examples_and_the_baseline_are_counted(tmp_path):
    html = mistakes_of(make_benchmark(tmp_path, [*PAIR, BASELINE], examples=40, texts=["x"], pages=False))
    assert "Compared on 40 examples of the test split: 2 models at the best setting, and the best baseline." in html


def test_what_is_left_out_is_said(tmp_path):
    runs = [Made(architecture=f"m{number}", quality=0.5 + number / 40) for number in range(14)]
    folder = make_benchmark(tmp_path, runs, examples=60, pages=False)
    for path in folder.runs.glob("m13-*/predictions.parquet"):
        path.unlink()
    html = mistakes_of(folder)
    assert "11 models at the best setting, the first 11 of 13." in html
    assert "Left out: m13, whose predictions are gone, altered or of other examples." in html
    assert "Their texts are not shown" in html
    assert "--force --architecture=m0." in html


def test_more_seeds_than_are_read_are_told(tmp_path):
    runs = [Made(architecture="a", seed=seed) for seed in range(21)]
    html = mistakes_of(make_benchmark(tmp_path, runs, examples=20, pages=False))
    assert "Of each the first 20 seeds count." in html


def test_baselines_alone_are_compared_as_such(tmp_path):
    html = mistakes_of(make_benchmark(tmp_path, [BASELINE], examples=20, pages=False))
    assert "baselines alone" in html
    assert "majority, the leading one" in html
