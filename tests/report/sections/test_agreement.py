"""Who agrees with whom is told in words and drawn."""

import numpy as np
import pyarrow.parquet
import pytest

from app.report.sections.agreement import agreement_figure, agreement_passage
from app.report.statistics.agreement import measure_agreement
from tests.report.golden import Made, make_benchmark
from tests.report.kinds import make_lyrics, make_ratings
from tests.report.test_answers import PAIR, read


def made(folder, runs):
    return read(make_benchmark(folder, runs, examples=100, pages=False))


def test_the_one_that_agrees_least_is_named(tmp_path):
    runs = [Made(architecture=name, quality=quality) for name, quality in (("a", 0.95), ("b", 0.94), ("odd", 0.6))]
    answers = made(tmp_path, runs)
    shares = measure_agreement(answers)
    told = str(agreement_passage(answers).html)
    assert f"odd agrees least with the others: {100 * np.nanmean([shares[2, 0], shares[2, 1]]):.0f} %." in told
    assert "Two seeds" not in told
    assert f"odd and b {100 * shares[2, 1]:.0f} %" in agreement_figure(answers).alt


def test_seeds_of_one_model_are_told_without_a_figure(tmp_path):
    answers = made(tmp_path, PAIR[:2])
    share = measure_agreement(answers)[0, 0]
    assert f"Two seeds of one model give the same answer to {100 * share:.0f} % of the examples." in (
        agreement_passage(answers).html
    )
    assert agreement_figure(answers) is None


def test_all_alike_is_said_to_be_so(tmp_path):
    runs = [Made(architecture=name, quality=1.0, seed=seed) for name in "abc" for seed in (0, 1)]
    answers = made(tmp_path, runs)
    assert "All of them say the same of all the examples." in agreement_passage(answers).html
    assert agreement_figure(answers) is not None


@pytest.mark.parametrize("make", [make_lyrics, lambda folder, runs: make_ratings(folder, runs[:1])])
def test_a_single_run_and_running_text_have_nothing_to_agree_about(tmp_path, make):
    answers = read(make(tmp_path, PAIR[:1]))
    assert agreement_passage(answers) is None
    assert agreement_figure(answers) is None


def test_a_model_that_always_says_the_same_number_correlates_with_nobody(tmp_path):
    runs = [Made(architecture=name, quality=quality) for name, quality in (("a", 0.9), ("b", 0.7), ("flat", 0.5))]
    folder = make_ratings(tmp_path, runs)
    path = folder.run(runs[2].run_id).predictions
    table = pyarrow.parquet.read_table(path)
    pyarrow.parquet.write_table(table.set_column(2, "prediction", [[3.0] * len(table)]), path)
    answers = read(folder)
    assert "flat agrees" not in agreement_passage(answers).html
    assert "flat and b –" in agreement_figure(answers).alt
