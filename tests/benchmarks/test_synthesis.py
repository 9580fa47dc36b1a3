"""What the driver is measured on is a benchmark like any other, only made up."""

import pytest

from app.cli import main
from app.config import load_config
from app.report.gather import read_benchmark
from benchmarks.synthesis import write_benchmark, write_config


@pytest.mark.parametrize("runs", [20, 100, 1_000, 10_000])
def test_a_config_has_as_many_grid_points_as_it_is_asked_for(here, runs):
    path = here / "x.yaml"
    write_config(path, runs)
    benchmark = load_config(path)
    assert len(benchmark.architectures) * len(benchmark.hyperparameters.learning_rate) * len(benchmark.seeds) == runs


def test_what_is_made_up_is_done(here, capsys):
    write_config(here / "x.yaml", 20)
    record = read_benchmark(write_benchmark(here / "x.yaml"))
    assert len(record.complete) == len(record.entries) == 20
    assert main(["--config", "x.yaml", "--dry-run"]) == 0
    assert "20 runs, 20 done, 0 to do" in capsys.readouterr().out


def test_a_number_that_makes_no_grid_is_refused(here):
    with pytest.raises(ValueError, match="multiple of 20"):
        write_config(here / "x.yaml", 33)
