"""A benchmark file is whole, or every problem in it is told at once, with its place and a remedy."""

from pathlib import Path

import pytest

from app.config import load_architectures, load_config
from app.errors import ConfigError


def problems_of(path, **options) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_config(path, **options)
    return [str(problem) for problem in caught.value.problems]


def test_the_quickstart_is_valid(request):
    benchmark = load_config(request.config.rootpath / "config" / "quickstart.yaml")
    families = {item.family for item in benchmark.architectures if not item.is_baseline}
    assert len(families) >= 5
    assert {item.name for item in benchmark.architectures if item.is_baseline} == {"majority", "tfidf-logreg"}
    assert len(benchmark.hyperparameters.learning_rate) == 2
    assert len(benchmark.seeds) == 2


def test_a_scalar_is_an_axis_of_one_value(write_config):
    benchmark = load_config(write_config(hyperparameters={"learning_rate": 1e-3, "epochs": [1, 2]}, seeds=3))
    assert benchmark.hyperparameters.learning_rate == (1e-3,)
    assert benchmark.hyperparameters.epochs == (1, 2)
    assert benchmark.seeds == (3,)


def test_a_number_in_scientific_notation_is_a_number(here):
    path = here / "x.yaml"
    path.write_text(
        "name: x\ntask: {kind: text-classification}\ndataset: {path: builtin/intents}\n"
        "architectures: [majority]\nhyperparameters: {learning_rate: [3e-4, 1E-3]}\n"
    )
    assert load_config(path).hyperparameters.learning_rate == (3e-4, 1e-3)


def test_a_config_cannot_be_changed_after_it_is_loaded(write_config):
    benchmark = load_config(write_config())
    with pytest.raises(ValueError, match="frozen"):
        benchmark.name = "other"


def test_all_problems_come_at_once_each_with_its_line(here):
    path = here / "bad.yaml"
    path.write_text(
        "name: a b\n"
        "task: {kind: text-clasification, metric: acuracy}\n"
        "dataset: {path: builtin/acceptabilty}\n"
        "architectures: [bert-tinny]\n"
        "hyperparameters:\n"
        "  lerning_rate: 0.1\n"
        "  epochs: many\n"
    )
    found = problems_of(path)
    assert len(found) == 7
    for line, key, hint in [
        (1, "name", "a b"),
        (2, "task.kind", "did you mean text-classification?"),
        (2, "task.metric", "did you mean accuracy?"),
        (3, "dataset.path", "did you mean acceptability?"),
        (4, "architectures.0", "did you mean bert-tiny?"),
        (6, "hyperparameters.lerning_rate", "did you mean learning_rate?"),
        (7, "hyperparameters.epochs", "'many'"),
    ]:
        assert any(f"bad.yaml:{line}: {key}: " in text and hint in text for text in found), (line, key, found)


@pytest.mark.parametrize(
    ("keys", "key", "words"),
    [
        ({"name": None}, "name", "is missing"),
        ({"colour": "red"}, "colour", "unknown key"),
        ({"architectures": []}, "architectures", "empty list"),
        ({"architectures": "bert-tiny"}, "architectures", "must be a list"),
        ({"architectures": [7]}, "architectures.0", "7"),
        ({"architectures": ["majority", "majority"]}, "", "listed twice"),
        ({"architectures": ["org/model"]}, "architectures.0", "{name: NAME, checkpoint: org/model}"),
        (
            {"architectures": [{"name": "x", "checkpoint": "hub"}]},
            "architectures.0.checkpoint",
            "names no checkpoint",
        ),
        (
            {"architectures": [{"name": "x", "family": "bret"}]},
            "architectures.0.family",
            "did you mean bert?",
        ),
        ({"architectures": [{"name": "majority", "config": {"a": 1}}]}, "architectures.0", "is a baseline"),
        (
            {"architectures": [{"name": "x", "checkpoint": "a", "config": {"hidden_size": 8}}]},
            "architectures.0",
            "either checkpoint or config",
        ),
        (
            {"architectures": [{"name": "x", "checkpoint": "a", "size": 3}]},
            "architectures.0.size",
            "unknown key",
        ),
        ({"seeds": [1, 1]}, "seeds", "listed twice"),
        ({"seeds": [-1]}, "seeds", "greater than or equal to 0"),
        ({"hyperparameters": {"learning_rate": []}}, "hyperparameters.learning_rate", "empty list"),
        ({"hyperparameters": {"schedule": "square"}}, "hyperparameters.schedule", "allowed: linear"),
        ({"hyperparameters": {"learning_rate": float("nan")}}, "hyperparameters.learning_rate", "nan"),
        ({"hyperparameters": [1]}, "hyperparameters", "must be a mapping"),
        (
            {"dataset": {"path": {"train": "a.csv", "tset": "b.csv"}}},
            "dataset.path.tset",
            "did you mean test?",
        ),
        ({"dataset": {"path": 3}}, "dataset.path", "hub id"),
        (
            {"dataset": {"path": "builtin/intents", "text": ["a", "b", "c"]}},
            "dataset.text",
            "one column or two",
        ),
        (
            {"dataset": {"path": "builtin/intents", "slices": ["construction", "construction"]}},
            "dataset.slices",
            "listed twice",
        ),
        ({"dataset": {"path": "builtin/intents", "slices": ["text"]}}, "dataset", "slices: 'text' is a text column"),
        (
            {
                "task": {"kind": "causal-lm"},
                "dataset": {"path": "builtin/lyrics", "slices": ["singer"]},
                "architectures": ["bigram"],
            },
            "",
            "reads its rows as one text",
        ),
        ({"execution": {"executor": "slurm"}}, "execution.executor", "local"),
        ({"execution": {"workers": 0}}, "execution.workers", "greater than or equal to 1"),
        ({"execution": {"memory_bytes": 1000}}, "execution.memory_bytes", "greater than or equal to 268435456"),
        ({"execution": {"checkpoint": "often"}}, "execution.checkpoint", "must be epoch, or a number of steps"),
        ({"execution": {"checkpoint": True}}, "execution.checkpoint", "must be epoch, or a number of steps"),
        ({"execution": {"address": "ray://there"}}, "execution.address", "HOST:PORT"),
        ({"execution": {"store": "bucket"}}, "execution.store", "auto, ray or a URL"),
        ({"execution": {"resources": {"gpus": 1.5}}}, "execution.resources.gpus", "a whole number"),
        ({"tracking": {"mode": "on"}}, "tracking.mode", "allowed: auto"),
    ],
)
def test_what_is_wrong_is_named_with_what_is_allowed(write_config, keys, key, words):
    found = problems_of(write_config(**keys))
    assert len(found) == 1, found
    assert f": {key}" in found[0]
    assert words in found[0]


def test_a_missing_file_is_named(here):
    (here / "other.yaml").write_text("name: x\n")
    found = problems_of(here / "nope.yaml")
    assert "nope.yaml: no such file" in found[0]
    assert "other.yaml" in found[0]


def test_broken_yaml_is_told_with_line_and_column(here):
    path = here / "x.yaml"
    path.write_text("name: x\ntask: {kind: [}\n")
    assert problems_of(path)[0].startswith(f"{path}:2:15: is not YAML")


@pytest.mark.parametrize("text", ["", "- a\n", "just words\n"])
def test_yaml_that_is_no_mapping_is_refused(here, text):
    path = here / "x.yaml"
    path.write_text(text)
    assert "must be a mapping" in problems_of(path)[0]


def test_a_file_that_is_not_utf8_is_refused(here):
    path = here / "x.yaml"
    path.write_bytes(b"name: \xff\n")
    assert "not UTF-8" in problems_of(path)[0]


def test_a_key_given_twice_is_refused_with_both_lines(here):
    path = here / "x.yaml"
    path.write_text("name: a\ntask: {}\nname: b\n")
    assert problems_of(path) == [f"{path}:3: name: given twice, first in line 1; keep one"]


def test_set_lays_values_over_the_file(write_config):
    words = [
        "hyperparameters.learning_rate=[3e-4, 1e-3]",
        "dataset.path={train: a.csv, test: b.csv}",
        "architectures=[tfidf-logreg, {name: mine, checkpoint: some/where}]",
        "execution.workers=2",
        "name=renamed",
    ]
    benchmark = load_config(write_config(), overrides=words)
    assert benchmark.hyperparameters.learning_rate == (3e-4, 1e-3)
    assert benchmark.dataset.path.test == Path("b.csv")
    assert [item.name for item in benchmark.architectures] == ["tfidf-logreg", "mine"]
    assert (benchmark.execution.workers, benchmark.name) == (2, "renamed")


def test_set_reaches_into_a_list(write_config):
    path = write_config(architectures=[{"name": "mine", "checkpoint": "a"}])
    benchmark = load_config(path, overrides=["architectures.0.checkpoint=b"])
    assert benchmark.architectures[0].checkpoint == "b"


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        ("hyperparameters.lr=1", "unknown key"),
        ("nope.deeper=1", "unknown key"),
        ("architectures.5=x", "does not exist"),
        ("name.first=x", "string"),
        ("no-equals-sign", "KEY.PATH=VALUE"),
        ("=3", "KEY.PATH=VALUE"),
    ],
)
def test_set_with_a_path_that_does_not_exist_is_refused(write_config, words, hint):
    found = problems_of(write_config(), overrides=[words])
    assert found[0].startswith(f"--set {words}: ")
    assert hint in found[0]


def test_an_axis_is_pinned_as_a_sweep_agent_does_it(write_config):
    path = write_config(architectures=["majority", "bert-tiny"], seeds=[0, 1])
    pins = {"architecture": "bert-tiny", "learning_rate": "3e-4", "seed": "5", "label_smoothing": "0.1"}
    benchmark = load_config(path, pins=pins)
    assert [item.name for item in benchmark.architectures] == ["bert-tiny"]
    assert benchmark.hyperparameters.learning_rate == (3e-4,)
    assert benchmark.hyperparameters.label_smoothing == (0.1,)
    assert benchmark.seeds == (5,)


def test_pinning_keeps_the_entry_of_the_file(write_config):
    path = write_config(architectures=["majority", {"name": "mine", "checkpoint": "some/where"}])
    assert load_config(path, pins={"architecture": "mine"}).architectures[0].checkpoint == "some/where"


def test_an_unknown_axis_is_refused(write_config):
    found = problems_of(write_config(), pins={"learning_rat": "1"})
    assert "did you mean learning_rate?" in found[0]


def test_a_name_alone_is_from_scratch_and_hub_takes_the_checkpoint_of_the_table(write_config):
    path = write_config(architectures=["bert-tiny", {"name": "distilbert-base", "checkpoint": "hub"}])
    scratch, pretrained = load_config(path).architectures
    table = load_architectures()
    assert scratch.checkpoint is None
    assert scratch.config == table["bert-tiny"].config
    assert pretrained.checkpoint == table["distilbert-base"].checkpoint


def test_a_family_with_a_config_starts_from_the_first_entry_of_the_family(write_config):
    path = write_config(architectures=[{"name": "wide", "family": "bert", "config": {"hidden_size": 256}}])
    (wide,) = load_config(path).architectures
    base = dict(load_architectures()["bert-tiny"].config)
    assert wide.config == {**base, "hidden_size": 256}


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        ("hyperparameters.learning_rate=true", "true is no number"),
        ("seeds=[0, true]", "true is no number"),
        ("dataset.limit=true", "true is no number"),
        ("dataset.text=[text, label]", "would read the answer"),
        ("seeds.²=1", "seeds"),
        ("name=2026-13-45 x", "name"),
    ],
)
def test_values_that_only_look_right_are_refused(write_config, words, hint):
    assert hint in problems_of(write_config(), overrides=[words])[0]


def test_an_alias_inside_itself_is_refused(here):
    path = here / "x.yaml"
    path.write_text("a: &x [*x]\n")
    assert "alias" in problems_of(path)[0] or "YAML" in problems_of(path)[0]


def test_a_misspelt_backend_is_refused_with_the_one_that_was_meant(write_config):
    path = write_config(inference={"backends": ["torch", "onnxruntime-int4"]})
    (found,) = problems_of(path)
    assert "inference.backends" in found
    assert "unknown backend 'onnxruntime-int4'; did you mean onnxruntime-int8?" in found


def test_a_backend_is_named_once_and_one_alone_needs_no_list(write_config):
    assert load_config(write_config(inference={"backends": "onnxruntime"})).inference.backends == ("onnxruntime",)
    (found,) = problems_of(write_config(inference={"backends": ["torch", "torch"]}))
    assert "'torch' is listed twice" in found
    (found,) = problems_of(write_config(inference={"backends": []}))
    assert "an empty list has nothing to run" in found


def test_plain_torch_alone_is_timed_where_nothing_else_is_asked_for(write_config):
    assert load_config(write_config()).inference.backends == ("torch",)


def test_what_is_published_of_an_architecture_belongs_in_the_table_alone(write_config):
    (found,) = problems_of(write_config(architectures=[{"name": "mine", "checkpoint": "a/b", "licence": "mit"}]))
    assert "architectures.0.licence: unknown key; allowed: name, family, checkpoint, config" in found


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ("{family: bert, checkpoint: a/b}", "x: names a checkpoint, and so has to say its parameters, licence, paper"),
        (
            "{family: bert, checkpoint: a/b, parameters: 0, licence: mit, paper: none}",
            "x.parameters: input should be greater than or equal to 1, not 0",
        ),
        ("{family: bert, license: mit}", "x.license: unknown key; did you mean licence?"),
        ("{family: bert, safetensors: maybe}", "x.safetensors: input should be a valid boolean, not 'maybe'"),
    ],
)
def test_an_entry_of_the_table_that_is_wrong_is_told_with_its_line(here, entry, problem):
    path = here / "architectures.yaml"
    path.write_text(f"# the table\nx: {entry}\n")
    with pytest.raises(ConfigError) as caught:
        load_architectures(path)
    assert str(caught.value).startswith(f"{path}:2: {problem}")


def test_the_name_of_published_scores_is_one_that_the_table_of_them_has(write_config):
    path = write_config(dataset={"path": "builtin/acceptability", "reference": "glue/cola"})
    assert load_config(path).dataset.reference == "glue/cola"
    (found,) = problems_of(path, overrides=["dataset.reference=glue/colla"])
    assert "dataset.reference: references.yaml has no data set 'glue/colla'; did you mean glue/cola?" in found
    (found,) = problems_of(path, overrides=["dataset.reference=[a]"])
    assert "dataset.reference" in found


@pytest.mark.parametrize("nest", ["[" * 200_000, "- " * 200_000, "{a: " * 200_000], ids=["lists", "items", "mappings"])
def test_a_file_nested_without_end_is_refused(here, nest):
    path = here / "deep.yaml"
    path.write_text(f"name: {nest}\n" if nest[0] != "-" else nest)
    assert problems_of(path)
