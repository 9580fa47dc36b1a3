"""A suite file is loaded with all its members, or every problem of any of them is told with its place."""

import pytest
import yaml

from app.errors import ConfigError
from app.suite import is_suite, load_suite


@pytest.fixture
def write_suite(here, write_config):
    """Writes a suite of two members, one and two; keyword arguments are top-level keys of its file."""

    def write(suite=("one.yaml", "two.yaml"), **keys):
        for name in ("one", "two"):
            if not (here / f"{name}.yaml").exists():
                write_config(f"{name}.yaml", name=name)
        path = here / "all.yaml"
        path.write_text(yaml.safe_dump({"name": "all", "suite": list(suite), **keys}, sort_keys=False))
        return path

    return write


def problems_of(path, **options):
    with pytest.raises(ConfigError) as found:
        load_suite(path, **options)
    return [str(problem).replace(f"{path.parent}/", "") for problem in found.value.problems]


def test_members_are_read_from_beside_the_file(here, write_suite, monkeypatch):
    path = write_suite()
    (here / "elsewhere").mkdir()
    monkeypatch.chdir(here / "elsewhere")
    suite = load_suite(path)
    assert [member.benchmark.name for member in suite.members] == ["one", "two"]
    assert [member.metrics for member in suite.members] == [("accuracy",), ("accuracy",)]
    assert is_suite(path)
    assert not is_suite(here / "one.yaml")


def test_shared_keys_are_laid_over_each_members_own(here, write_suite, write_config):
    write_config("one.yaml", name="one", hyperparameters={"epochs": 7, "learning_rate": 1e-3}, seeds=[3, 4])
    path = write_suite(architectures=["majority", "tfidf-logreg"], hyperparameters={"learning_rate": 5e-4}, seeds=9)
    first, second = (member.benchmark for member in load_suite(path).members)
    assert [item.name for item in first.architectures] == ["majority", "tfidf-logreg"]
    assert (first.hyperparameters.epochs, first.hyperparameters.learning_rate) == ((7,), (5e-4,))
    assert (second.hyperparameters.epochs, second.hyperparameters.learning_rate) == ((3,), (5e-4,))
    assert first.seeds == second.seeds == (9,)
    assert first.tracking.mode == "disabled"


def test_a_set_goes_to_every_member_or_to_the_one_it_names(write_suite):
    words = ["dataset.limit=30", "two.dataset.max_length=24", "two.dataset.limit=40", "name=look"]
    suite = load_suite(write_suite(), overrides=words, pins={"learning_rate": "0.5", "architecture": "majority"})
    first, second = (member.benchmark for member in suite.members)
    assert suite.name == "look"
    assert (first.dataset.limit, first.dataset.max_length) == (30, 16)
    assert (second.dataset.limit, second.dataset.max_length) == (40, 24)
    assert first.hyperparameters.learning_rate == second.hyperparameters.learning_rate == (0.5,)


def test_a_set_can_choose_the_members(write_suite):
    suite = load_suite(write_suite(), overrides=["suite=[two.yaml]"])
    assert [member.benchmark.name for member in suite.members] == ["two"]


def test_a_name_with_a_point_can_be_addressed(write_suite, write_config):
    write_config("one.yaml", name="one.small")
    suite = load_suite(write_suite(), overrides=["one.small.dataset.limit=7"])
    assert [member.benchmark.dataset.limit for member in suite.members] == [7, 60]


def test_what_counts_may_name_a_split(write_suite):
    path = write_suite([{"config": "one.yaml", "metrics": ["f1", "validation.accuracy"]}, "two.yaml"])
    assert load_suite(path).members[0].metrics == ("f1", "validation.accuracy")


def test_a_baseline_is_the_members_own_of_that_place_and_keeps_its_name(write_suite, write_config):
    regression = {"task": {"kind": "text-regression"}, "dataset": {"path": "builtin/ratings"}}
    write_config("two.yaml", name="two", **regression)
    shared = ["majority", {"name": "words", "family": "tfidf-logreg"}, "bert-tiny"]
    path = write_suite(architectures=shared)
    first, second = ([(a.name, a.family) for a in m.benchmark.architectures] for m in load_suite(path).members)
    assert first == [("majority", "majority"), ("words", "tfidf-logreg"), ("bert-tiny", "bert")]
    assert second == [("majority", "mean"), ("words", "tfidf-ridge"), ("bert-tiny", "bert")]


def test_all_problems_of_all_members_come_at_once_each_with_its_place(here, write_suite, write_config):
    write_config("one.yaml", name="one", dataset={"path": "builtin/acceptability", "limt": 3})
    write_config("two.yaml", name="two", architectures=["majorty"])
    write_config("three.yaml", name="two")
    members = [
        "one.yaml",
        {"config": "two.yaml", "metrics": ["f2"]},
        "missing.yaml",
        "one.yaml",
        "all.yaml",
        "three.yaml",
    ]
    path = write_suite(members, seedz=[1], hyperparameters={"learnig_rate": 1})
    told = problems_of(path, overrides=["three=1", "one.seedz=2"])
    expected = [
        "all.yaml:11: seedz: unknown key; did you mean seeds?",
        "all.yaml:7: suite.2: missing.yaml: no such file; there are all.yaml, one.yaml",
        "all.yaml:8: suite.3: one.yaml is listed twice, first as suite.0; keep one",
        "all.yaml:9: suite.4: all.yaml is a suite itself; list its members here",
        "--set three=1: three: unknown key; allowed: one, two, name, suite",
        "--set one.seedz=2: seedz: unknown key; did you mean seeds?",
        "one.yaml:4: dataset.limt: unknown key; did you mean limit?",
        "all.yaml:14: hyperparameters.learnig_rate: unknown key; did you mean learning_rate?",
        "two.yaml:2: architectures.0: unknown architecture 'majorty'; did you mean majority?",
        "all.yaml:6: suite.1.metrics.0: unknown metric 'f2'",
        "all.yaml:10: suite.5: three.yaml has the name 'two', as two.yaml has",
    ]
    for words in expected:
        assert len([line for line in told if line.startswith(words)]) == 1, (words, told)
    assert len(told) == len(expected)


@pytest.mark.parametrize(
    ("metrics", "words"),
    [
        (["spearman"], "suite.0.metrics.0: unknown metric for text-classification 'spearman'; allowed: accuracy"),
        (
            ["mismatched.f1"],
            "suite.0.metrics.0: one has no split 'mismatched' that is scored; allowed: validation",
        ),
        (["f1", "f1"], "suite.0.metrics.1: 'f1' is listed twice; each counts once"),
    ],
)
def test_what_cannot_count_is_refused(write_suite, metrics, words):
    (told,) = problems_of(write_suite([{"config": "one.yaml", "metrics": metrics}, "two.yaml"]))
    assert words in told


@pytest.mark.parametrize(
    ("suite", "words"),
    [
        ([], "all.yaml:2: suite: must be a list of benchmark files"),
        ([3], "all.yaml:3: suite.0: must be a mapping of config, metrics, not 3"),
        ([{"file": "one.yaml"}], "all.yaml:3: suite.0.config: is missing"),
        ([{"config": "one.yaml", "metric": "f1"}], "suite.0.metric: unknown key; did you mean metrics?"),
    ],
)
def test_a_list_that_is_none_is_refused(write_suite, suite, words):
    assert any(words in told for told in problems_of(write_suite(suite)))


@pytest.mark.parametrize("name", ["dataset", "suite.json"])
def test_a_name_that_the_suite_needs_for_itself_is_refused(write_suite, write_config, name):
    write_config("one.yaml", name=name)
    (told,) = problems_of(write_suite())
    assert f"suite.0: one.yaml has the name '{name}', which a member of a suite cannot have" in told


def test_a_member_that_is_no_yaml_is_told_with_its_line(here, write_suite):
    (here / "two.yaml").write_text("name: [\n")
    (told,) = problems_of(write_suite())
    assert told.startswith("two.yaml:2:1: is not YAML")


def test_a_member_without_a_key_of_its_own_is_told_what_it_may_be_set(write_suite):
    (told,) = problems_of(write_suite(), overrides=["one=3"])
    assert told == "--set one=3: one: is a member of the suite; give a key of it, as in one.dataset.limit=500"
