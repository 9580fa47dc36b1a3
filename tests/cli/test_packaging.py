"""From `app.py package` to `app.py rollback`, as a user types them."""

import pytest

from app.cli import main
from app.layout import PackageFolder
from app.serving.package.manifest import verify_package
from app.serving.registry.registry import Registry
from tests.cli.commands import refused, results_in, run
from tests.serving.drift.samples import make_model, usual
from tests.serving.runs import TOY, run_benchmark, write_file


def test_a_winner_is_packaged_promoted_listed_and_rolled_back(here, capsys):
    file = write_file(here, architectures=[TOY, "majority"], dataset={"path": "builtin/sentiment", "limit": 100})
    run_benchmark(file)

    assert main(["package", "--config", str(file)]) == 0
    printed = capsys.readouterr().out
    assert "the best baseline, majority" in printed
    assert "made again" not in printed
    assert "next: python app.py promote tiny@1" in printed
    package = PackageFolder(here / "registry" / "tiny" / "1")
    manifest = verify_package(package)
    assert {"notebook.ipynb", "notebook.html"} <= set(manifest.files)
    assert f"`python app.py package --config {file}`" in package.card.read_text()
    assert "From the winner of a benchmark" in package.page.read_text()

    assert main(["promote", "candidate"]) == 0
    assert "version 1 promoted: the first" in capsys.readouterr().out
    Registry("registry").add("tiny", package)
    assert main(["promote", "tiny@2"]) == 1
    assert "version 2 refused: not surely better" in capsys.readouterr().err
    assert main(["promote", "tiny@2", "--config", str(file)]) == 1
    assert main(["models"]) == 0
    listed = capsys.readouterr().out
    for said in ("champion", "candidate", "toy", "version 1 promoted: the first", "version 2 refused: not surely"):
        assert said in listed
    assert main(["rollback"]) == 2
    assert "nothing to go back to; version 1 is the first champion" in capsys.readouterr().err


@pytest.mark.slow
def test_a_winner_that_has_not_kept_its_weights_is_made_again_as_it_was(here, capsys):
    file = write_file(here, architectures=[TOY], dataset={"path": "builtin/sentiment", "limit": 100})
    assert run(file) == 0
    ((run_id, before),) = results_in(here).items()
    capsys.readouterr()
    assert main(["package", "--config", str(file), "--run", run_id]) == 0
    printed = capsys.readouterr().out
    assert "Its weights were not kept: the run is made again" in printed
    assert "No baseline was run" in printed
    assert results_in(here)[run_id].metrics == before.metrics
    assert verify_package(PackageFolder(here / "registry" / "tiny" / "1")).source.run_id == run_id
    assert run(file) == 0  # which finds all of it done, and its report current
    assert "[1/1]" not in capsys.readouterr().out


@pytest.fixture
def benchmark(here):
    """One that was run, without a kernel."""
    file = write_file(here, architectures=["majority"], dataset={"path": "builtin/sentiment", "limit": 60})
    run_benchmark(file, keep_models=False)
    return file


def test_what_cannot_be_packaged_is_said_before_anything_is_done(benchmark, here, capsys):
    file = str(benchmark)
    assert "no run of it that is no baseline has a score" in refused(capsys, "package", "--config", file)
    (baseline,) = (path.name for path in (here / "reports/tiny/runs").iterdir())
    assert "is a baseline" in refused(capsys, "package", "--config", file, "--run", baseline)
    message = refused(capsys, "package", "--config", file, "--run", baseline[:-1])
    assert f"has no such run; did you mean {baseline}?" in message
    assert not (here / "registry").exists()


def test_a_benchmark_that_has_not_been_run_is_to_be_run_first(here, capsys):
    file = write_file(here)
    message = refused(capsys, "package", "--config", str(file))
    assert "no benchmark here" in message
    assert "python app.py --config" in message


def test_a_masked_model_and_a_suite_are_refused(here, capsys):
    (here / "text.txt").write_text("the sea is wide\n" * 40)
    keys = {"task": {"kind": "masked-lm"}, "dataset": {"path": {"train": "text.txt"}, "max_length": 16}}
    file = write_file(here, **keys, architectures=["unigram"])
    run_benchmark(file, keep_models=False)
    assert "answers no question by itself" in refused(capsys, "package", "--config", str(file))
    suite = here / "suite.yaml"
    suite.write_text("name: all\nsuite: [tiny.yaml]\n")
    assert "is a suite, and a package is of one benchmark" in refused(capsys, "package", "--config", str(suite))


def test_a_version_that_is_gone_leaves_the_others_listed(here, capsys):
    made = make_model(here / "made", usual(0, 20)).folder
    for _ in range(2):
        Registry("registry").add("tiny", made)
    (here / "registry" / "tiny" / "1" / "manifest.json").unlink()
    assert main(["models"]) == 0
    printed = capsys.readouterr()
    assert "unusable" in printed.out
    assert "version 2 added" in printed.out
    assert "registry/tiny/1/manifest.json: is gone; take another version" in printed.err


def test_an_empty_registry_says_what_to_type(here, capsys):
    assert main(["models"]) == 0
    assert "make one with python app.py package --config FILE" in capsys.readouterr().out
    assert "no model in it" in refused(capsys, "promote", "candidate")
    assert "no model in it" in refused(capsys, "rollback")
    assert list(here.iterdir()) == []
