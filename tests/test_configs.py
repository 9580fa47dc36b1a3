"""Every benchmark in config/ is whole, says how it is run, and asks for a sane number of runs."""

import itertools
import re
import shlex
from pathlib import Path

import pytest

from app.bench.plan import plan_runs
from app.config import load_architectures, load_config
from app.search.sweep import load_sweep
from app.serving.lifecycle.file import load_lifecycle
from app.suite import is_suite, load_suite
from app.tasks import KINDS

CONFIG = Path(__file__).resolve().parent.parent / "config"
NO_BENCHMARKS = {"architectures.yaml", "lifecycle.yaml", "references.yaml", "sweep.yaml"}
FILES = sorted(path for path in CONFIG.glob("*.yaml") if path.name not in NO_BENCHMARKS)
SUITES = [path for path in FILES if is_suite(path)]
BENCHMARKS = [path for path in FILES if path not in SUITES]
GLUE = ("cola", "sst2", "mrpc", "stsb", "qqp", "mnli", "qnli", "rte", "wnli")
FROM_THE_HUB = ("banking77", "conll2003", "imdb", "yahoo", *GLUE)

every_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
every_benchmark = pytest.mark.parametrize("path", BENCHMARKS, ids=lambda path: path.stem)
every_suite = pytest.mark.parametrize("path", SUITES, ids=lambda path: path.stem)


def opening_comment(path: Path) -> str:
    lines = path.read_text(encoding="utf-8").splitlines()
    end = next(index for index, line in enumerate(lines) if not line.startswith("#"))
    return "\n".join(line.removeprefix("#").strip() for line in lines[:end])


def commands_in(comment: str) -> list[list[str]]:
    """The words after `python app.py`, of each command that the comment gives."""
    joined = comment.replace("\\\n", " ")
    return [shlex.split(found) for found in re.findall(r"python app\.py (.+)", joined)]


def load_as_typed(words: list[str]):
    """What the driver would load for the words of a command line."""
    overrides = [after for word, after in itertools.pairwise(words) if word == "--set"]
    pins = dict(word[2:].split("=", 1) for word in words if word.startswith("--") and "=" in word)
    path = CONFIG / Path(words[words.index("--config") + 1]).name
    return (load_suite if is_suite(path) else load_config)(path, overrides=overrides, pins=pins)


@every_file
def test_a_file_is_named_as_what_is_in_it(path):
    assert (load_suite if path in SUITES else load_config)(path).name == path.stem


@every_file
def test_a_file_opens_with_the_command_that_runs_it(path):
    assert ["--config", f"config/{path.name}"] in commands_in(opening_comment(path))


@every_file
def test_every_command_a_file_gives_is_one_that_loads(path):
    for words in commands_in(opening_comment(path)):
        assert load_as_typed(words).name


@every_benchmark
def test_a_benchmark_asks_for_a_sane_number_of_runs(path):
    benchmark = load_config(path)
    runs = plan_runs(benchmark, template_source="", data_fingerprint="", checkpoints={})
    assert 2 <= len(runs) <= 60
    assert len({run.run_id for run in runs}) == len(runs)


@every_benchmark
def test_a_benchmark_has_the_baselines_of_its_task_beside_the_transformers(path):
    benchmark = load_config(path)
    architectures = benchmark.architectures
    assert {item.name for item in architectures if item.is_baseline} == set(KINDS[benchmark.task.kind].baselines)
    assert any(not item.is_baseline for item in architectures)


@every_suite
def test_a_suite_compares_the_same_architectures_on_every_member_both_baselines_among_them(path):
    members = [member.benchmark for member in load_suite(path).members]
    for benchmark in members:
        families = {item.family for item in benchmark.architectures if item.is_baseline}
        assert families == set(KINDS[benchmark.task.kind].baselines)
        assert [item.name for item in benchmark.architectures] == [item.name for item in members[0].architectures]


def test_glue_counts_as_its_authors_do():
    members = load_suite(CONFIG / "glue.yaml").members
    assert tuple(member.benchmark.name for member in members) == GLUE
    counted = {member.benchmark.name: member.metrics for member in members if len(member.metrics) > 1}
    assert counted == {
        "mrpc": ("validation.f1", "validation.accuracy"),
        "stsb": ("validation.pearson", "validation.spearman"),
        "qqp": ("f1", "accuracy"),
        "mnli": ("accuracy", "mismatched.accuracy"),
    }
    assert {m.metrics for m in members if m.benchmark.name == "cola"} == {("matthews_correlation",)}


@every_benchmark
def test_every_architecture_of_a_benchmark_exists(path):
    table = load_architectures()
    for item in load_config(path).architectures:
        assert item.name in table
        assert item.family == table[item.name].family


@pytest.mark.parametrize("name", FROM_THE_HUB)
def test_a_benchmark_on_hub_data_fine_tunes_checkpoints_and_can_be_run_offline(name):
    path = CONFIG / f"{name}.yaml"
    benchmark = load_config(path)
    assert isinstance(benchmark.dataset.path, str)
    assert all(item.checkpoint for item in benchmark.architectures if not item.is_baseline)
    offline = next(words for words in commands_in(opening_comment(path)) if "DATA" in " ".join(words))
    assert not isinstance(load_as_typed(offline).dataset.path, str)


def test_the_usual_checkpoints_occur_among_the_benchmarks_on_hub_data():
    found = {item.checkpoint for name in FROM_THE_HUB for item in load_config(CONFIG / f"{name}.yaml").architectures}
    assert found >= {
        "distilbert/distilbert-base-uncased",
        "google-bert/bert-base-uncased",
        "google/bert_uncased_L-2_H-128_A-2",
        "huawei-noah/TinyBERT_General_4L_312D",
        "FacebookAI/roberta-base",
        "albert/albert-base-v2",
        "google/electra-small-discriminator",
        "microsoft/deberta-v3-small",
        "answerdotai/ModernBERT-base",
    }


@pytest.mark.parametrize(
    ("name", "metric"),
    [("cola", "matthews_correlation"), ("mrpc", "f1"), ("imdb", "accuracy"), ("stsb", "spearman"), ("qqp", "f1")],
)
def test_a_benchmark_is_ranked_by_the_metric_that_is_customary_for_its_data(name, metric):
    assert load_config(CONFIG / f"{name}.yaml").task.metric == metric


def test_the_sweep_says_how_it_is_searched_and_what_it_costs(monkeypatch):
    monkeypatch.chdir(CONFIG.parent)
    comment = opening_comment(CONFIG / "sweep.yaml")
    assert ["sweep", "--config", "config/sweep.yaml"] in commands_in(comment)
    assert "wandb sweep config/sweep.yaml" in comment
    assert "wandb agent" in comment
    sweep = load_sweep(CONFIG / "sweep.yaml")
    assert sweep.name == sweep.benchmark.name == "quickstart-sweep"
    assert f"{sweep.run_cap} trials" in comment


def test_the_lifecycle_keeps_the_quickstarts_winner_up_to_date():
    path = CONFIG / "lifecycle.yaml"
    assert load_lifecycle(path).settled == load_config(CONFIG / "quickstart.yaml")
    assert ["lifecycle", "--config", "config/lifecycle.yaml"] in commands_in(opening_comment(path))
