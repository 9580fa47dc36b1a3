"""A suite from its file to its page: members one after the other, resumed, reported, and none run if any is wrong."""

import json

import pytest
import yaml

from app.cli import main
from tests.cli.commands import refused, run
from tests.conftest import PROJECT


@pytest.fixture
def write_suite(here, write_config):
    """A suite of two small members, one and two."""

    def write(file="all.yaml", one=None, two=None, **keys):
        write_config("one.yaml", **{"name": "one", **(one or {})})
        write_config(
            "two.yaml", **{"name": "two", "dataset": {"path": "builtin/sentiment", "limit": 60}, **(two or {})}
        )
        path = here / file
        path.write_text(yaml.safe_dump({"name": "all", "suite": ["one.yaml", "two.yaml"], **keys}))
        return path

    return write


def written(here):
    return {path: path.stat().st_mtime_ns for path in here.glob("reports/**/*") if path.is_file()}


def test_every_member_is_run_and_reported_and_the_second_time_nothing_is(here, write_suite, capsys):
    suite = write_suite(architectures=["majority"])
    assert run(suite) == 0
    folder = here / "reports" / "all"
    for name in ("one", "two"):
        assert len(list(folder.glob(f"{name}/runs/*/result.json"))) == 1
        for file in ("index.html", "report.ipynb", "results.csv", "benchmark.json"):
            assert (folder / name / file).stat().st_size > 0
    record = json.loads((folder / "suite.json").read_text())
    assert [(member["name"], member["metrics"]) for member in record["members"]] == [
        ("one", ["accuracy"]),
        ("two", ["accuracy"]),
    ]
    assert len((folder / "results.csv").read_text().splitlines()) == 3
    assert '<a href="two/index.html">two</a>' in (folder / "index.html").read_text()
    assert "reports/all/index.html" in capsys.readouterr().out
    before = written(here)
    assert run(suite) == 0
    assert written(here) == before
    assert run(suite, "--dry-run") == 0
    assert capsys.readouterr().out.count("1 runs, 1 done, 0 to do") == 2
    page = folder / "index.html"
    page.unlink()
    assert main(["report", "--config", str(suite)]) == 0
    assert page.exists()


def test_a_dry_run_prints_the_plan_of_all_and_writes_nothing(here, write_suite, capsys):
    assert run(write_suite(), "--dry-run") == 0
    printed = capsys.readouterr().out
    assert printed.index("one, of 2") < printed.index("two, of 2")
    assert printed.count("1 runs, 0 done, 1 to do") == 2
    assert not (here / "reports").exists()


@pytest.mark.slow
def test_a_failing_member_costs_no_other_and_leaves_the_suite_without_an_average(here, write_suite, capsys):
    suite = write_suite(two={"execution": {"timeout_seconds": 0.5, "retries": 0}})
    assert run(suite) == 1
    page = (here / "reports" / "all" / "index.html").read_text()
    assert "There is no average yet: no architecture has a score on all 2 tasks." in page
    assert "Timeout" in page
    assert "<small>without two</small>" in page
    # what has failed is tried again, and nothing else
    before = written(here / "reports" / "all" / "one")
    assert run(suite, "--set", "two.execution.timeout_seconds=100") == 0
    assert written(here / "reports" / "all" / "one") == before
    assert "reaches an average of" in (here / "reports" / "all" / "index.html").read_text()


def test_problems_of_data_and_weights_of_all_members_are_told_before_anything_runs(here, write_suite, capsys):
    suite = write_suite(
        one={"dataset": {"path": "builtin/acceptability", "text": "sentence"}},
        two={"dataset": {"path": {"train": "nowhere.csv"}}},
        architectures=["majority", {"name": "mine", "checkpoint": "./nothing"}],
    )
    said = refused(capsys, "--config", str(suite))
    assert "one: builtin/acceptability: its columns are text (dataset.text) and label" in said
    assert "two: nowhere.csv: no such file" in said
    assert said.count("nothing: no such folder") == 1
    assert not (here / "reports").exists()


@pytest.mark.slow
def test_a_suite_and_a_benchmark_of_one_name_do_not_share_a_folder(here, write_suite, capsys):
    assert run(write_suite()) == 0
    assert run(here / "one.yaml", "--set", "name=all") == 2
    assert "holds a suite of this name" in capsys.readouterr().err
    assert run(here / "one.yaml") == 0
    assert run(here / "all.yaml", "--set", "name=one") == 2
    assert "holds a benchmark of this name" in capsys.readouterr().err


@pytest.mark.slow
def test_force_and_pins_go_to_every_member(here, write_suite):
    suite = write_suite(architectures=["majority", "tfidf-logreg"])
    assert run(suite, "--architecture=majority") == 0
    results = sorted(here.glob("reports/all/*/runs/*/result.json"))
    assert [path.parent.name.split("-")[0] for path in results] == ["majority", "majority"]
    before = [path.stat().st_mtime_ns for path in results]
    assert run(suite, "--architecture=majority", "--force") == 0
    assert all(path.stat().st_mtime_ns > then for path, then in zip(results, before, strict=True))


def test_a_suite_that_is_wrong_is_refused_with_its_place(here, write_suite, capsys):
    write_suite(file="wrong.yaml", suites=1)
    assert "wrong.yaml:5: suites: unknown key; did you mean suite?" in refused(capsys, "--config", "wrong.yaml")
    assert not (here / "reports").exists()


def test_the_suite_of_the_built_in_corpora_has_a_plan(here, capsys):
    assert run(PROJECT / "config" / "suite.yaml", "--dry-run") == 0
    assert "ratings, of 4" in capsys.readouterr().out
