"""A report's notebook finds its folder wherever it is opened, or says what to run first and ends."""

import pytest

from app.report import folders
from app.report.folders import find_benchmark, find_search, find_suite


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project with one configuration; the working folder is `elsewhere`."""
    (tmp_path / "project" / "config").mkdir(parents=True)
    (tmp_path / "project" / "config" / "shipped.yaml").touch()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    monkeypatch.setattr(folders, "PROJECT", tmp_path / "project")
    return tmp_path / "project"


def leave(folder, record):
    folder.mkdir(parents=True)
    (folder / record).touch()


def test_a_folder_is_seen_from_where_the_notebook_runs(project, tmp_path):
    leave(tmp_path / "elsewhere" / "reports" / "x", "benchmark.json")
    leave(project / "reports" / "x", "benchmark.json")
    assert find_benchmark("reports/x").path.resolve() == tmp_path / "elsewhere" / "reports" / "x"


def test_it_is_else_seen_from_the_projects_root(project):
    leave(project / "reports" / "x", "benchmark.json")
    leave(project / "reports" / "y", "suite.json")
    leave(project / "reports" / "z", "search.json")
    assert find_benchmark("reports/x").path == project / "reports" / "x"
    assert find_search("reports/z").path == project / "reports" / "z"
    assert find_suite("reports/y").path == project / "reports" / "y"


@pytest.mark.parametrize(
    ("find", "folder", "said"),
    [
        (find_benchmark, "reports/shipped", "no benchmark here yet; run `python app.py --config config/shipped.yaml`"),
        (find_benchmark, "reports/mine", "no benchmark here yet; run `python app.py --config FILE`"),
        (find_search, "reports/shipped", "no search here yet; run `python app.py sweep --config config/sweep.yaml`"),
        (find_suite, "reports/shipped", "no suite here yet; run `python app.py --config config/shipped.yaml`"),
    ],
)
def test_where_there_is_none_it_says_what_to_run_and_ends_without_a_fault(project, capsys, find, folder, said):
    with pytest.raises(SystemExit) as ended:
        find(folder)
    assert ended.value.code == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith(f"{folder}: {said} first, or name another folder")


def test_a_suite_is_no_benchmark(project):
    leave(project / "reports" / "x", "suite.json")
    with pytest.raises(SystemExit):
        find_benchmark("reports/x")
