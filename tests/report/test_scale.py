"""Thousands of runs: the report stays small, and says what it leaves out."""

import pytest

from app.report.gather import read_benchmark
from app.report.statistics.standings import COMPARED, compare
from app.report.write import results_csv
from app.results import RunFailure
from tests.report.golden import Made, make_benchmark
from tests.report.test_report import everything

OOM = RunFailure(kind="OutOfMemory", message="out of memory", cell=7)


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    """120 architectures with 13 seeds each; 20 were never run, and of the others three seeds failed."""
    runs = [
        Made(
            architecture=f"model-{number}",
            seed=seed,
            quality=0.5 + number / 300 + seed / 10_000,
            status="missing" if number < 20 else "failed" if seed < 3 else "ok",
            error=OOM,
        )
        for number in range(120)
        for seed in range(13)
    ]
    folder = tmp_path_factory.mktemp("reports") / "large"
    return read_benchmark(make_benchmark(folder, runs, examples=2, pages=False))


@pytest.fixture(scope="module")
def html(record):
    return everything(record)


@pytest.mark.slow
def test_the_page_stays_small(html):
    assert len(html) < 1_500_000


def test_every_table_says_what_it_leaves_out(html):
    assert html.count("20 more architectures are left out here; results.csv has every run.") >= 2
    assert "1,160 more planned runs are left out here" in html
    assert "Intervals are computed for the first 50." in html
    assert "160 more of them are left out here" in html  # of 300 failed and 260 missing runs


def test_figures_say_that_they_show_the_best(html):
    assert "the best 40; 60 more left out" in html


def test_the_best_runs_are_among_those_shown(html):
    assert "model-119-lr0.001-s12" in html


def test_only_the_first_architectures_are_compared(record):
    standings = compare(record)
    assert all(standing.interval for standing in standings[:COMPARED])
    assert not any(standing.interval for standing in standings[COMPARED:])


def test_the_csv_has_every_run(record):
    assert len(results_csv(record).splitlines()) == 1_561
