"""A plan is a pure function of the configuration; an id says what a run is and changes only with it."""

import hashlib
import json
import re

import pytest

from app.bench.plan import plan_runs
from app.config import load_architectures, load_config


@pytest.fixture
def plan(write_config):
    def make(*, template="cells", data="0123", checkpoints=None, **keys):
        benchmark = load_config(write_config(**keys))
        return plan_runs(benchmark, template_source=template, data_fingerprint=data, checkpoints=checkpoints or {})

    return make


GRID = {
    "architectures": ["bert-tiny", "majority"],
    "hyperparameters": {"learning_rate": [3e-4, 1e-3]},
    "seeds": [0, 1],
}


def test_there_is_a_run_for_each_architecture_setting_and_seed(plan):
    found = [(run.architecture.name, run.hyperparameters.get("learning_rate"), run.seed) for run in plan(**GRID)]
    assert found == [
        ("bert-tiny", 3e-4, 0),
        ("bert-tiny", 3e-4, 1),
        ("bert-tiny", 1e-3, 0),
        ("bert-tiny", 1e-3, 1),
        ("majority", None, 0),
    ]


def test_ids_are_readable_unique_and_end_in_eight_hex_digits(plan):
    ids = [run.run_id for run in plan(**GRID)]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z0-9.-]+-[0-9a-f]{8}", run_id) for run_id in ids)
    assert ids[0].startswith("bert-tiny-lr0.0003-s0-")


def test_the_same_configuration_gives_the_same_ids(plan):
    assert [run.run_id for run in plan(**GRID)] == [run.run_id for run in plan(**GRID)]


def test_one_more_architecture_or_value_leaves_the_other_ids_alone(plan):
    before = {run.run_id for run in plan(**GRID)}
    wider = {
        **GRID,
        "architectures": ["albert-tiny", *GRID["architectures"]],
        "hyperparameters": {"learning_rate": [3e-4, 1e-3, 3e-3]},
        "seeds": [0, 1, 2],
    }
    assert before < {run.run_id for run in plan(**wider)}


@pytest.mark.parametrize(
    "change",
    [
        {"template": "other cells"},
        {"data": "4567"},
        {"dataset": {"path": "builtin/acceptability", "max_length": 24, "limit": 60}},
        {"task": {"kind": "text-classification", "metric": "f1"}},
        {"inference": {"batch_sizes": [2], "sequence_lengths": [8]}},
        {"inference": {"batch_sizes": [1], "sequence_lengths": [8], "backends": ["torch", "onnxruntime"]}},
    ],
)
def test_what_can_change_a_figure_changes_the_id(plan, change):
    (before,) = plan(architectures=["bert-tiny"])
    (after,) = plan(architectures=["bert-tiny"], **change)
    assert before.run_id != after.run_id


@pytest.mark.parametrize(
    "change",
    [
        {"name": "other"},
        {"execution": {"workers": 4, "timeout_seconds": 9}},
        {"tracking": {"mode": "offline", "tags": ["a"]}},
        {
            "dataset": {
                "path": "builtin/acceptability",
                "max_length": 16,
                "limit": 60,
                "slices": ["construction"],
            }
        },
    ],
)
def test_what_cannot_change_a_figure_leaves_the_id_alone(plan, change):
    (before,) = plan(architectures=["bert-tiny"])
    (after,) = plan(architectures=["bert-tiny"], **change)
    assert before.run_id == after.run_id


def test_weights_and_data_count_by_what_is_in_them_not_by_where_they_lie(plan):
    def one(folder, digest):
        (run,) = plan(architectures=[{"name": "mine", "checkpoint": folder}], checkpoints={"mine": digest})
        return run.run_id

    assert one("a", "1") == one("b", "1")
    assert one("a", "1") != one("a", "2")


def test_a_run_hands_the_template_every_parameter_it_declares(plan):
    from app.bench.notebooks import check_parameters
    from app.layout import template_of

    text = {"dataset": {"path": "builtin/lyrics"}, "architectures": ["attention-tiny", "bigram"]}
    for kind, keys in (("text-classification", GRID), ("causal-lm", text)):
        for run in plan(task={"kind": kind}, **keys):
            check_parameters(template_of(kind), run.parameters)


def test_ten_thousand_runs_have_ten_thousand_ids(plan):
    rates = [round(1e-5 * step, 6) for step in range(1, 51)]
    runs = plan(
        architectures=["bert-tiny", "albert-tiny", "electra-tiny", "roberta-tiny"],
        hyperparameters={"learning_rate": rates},
        seeds=list(range(50)),
    )
    assert len(runs) == len({run.run_id for run in runs}) == len({run.folder.path for run in runs}) == 10_000


def test_an_id_is_the_digest_of_what_the_run_depends_on(plan):
    for run in plan(**GRID, template="ein Schlüssel", data="0123"):
        places = ("dataset_path", "dataset_files", "dataset_splits", "checkpoint", "run_folder")
        left_out = (*places, "benchmark", "run_id", "keep_model")
        science = {
            name: value
            for name, value in run.parameters.items()
            if name not in left_out and not name.startswith("tracking_")
        }
        key = {
            "template": hashlib.sha256("ein Schlüssel".encode()).hexdigest(),
            "parameters": science,
            "checkpoint": None,
            "data": "0123",
        }
        text = json.dumps(key, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        assert run.run_id.endswith(hashlib.sha256(text.encode()).hexdigest()[:8])


def test_backends_reach_the_notebook_of_a_transformer_and_not_that_of_a_baseline(plan):
    some = {"batch_sizes": [1], "sequence_lengths": [8], "backends": ["torch", "onnxruntime-int8"]}
    (before, _) = plan(architectures=["majority", "bert-tiny"])
    (baseline, transformer) = plan(architectures=["majority", "bert-tiny"], inference=some)
    assert transformer.parameters["inference_backends"] == ["torch", "onnxruntime-int8"]
    assert "inference_backends" not in baseline.parameters
    assert baseline.run_id == before.run_id


def test_which_published_scores_it_is_set_against_does_not_change_an_id(plan):
    data = {"path": "builtin/acceptability", "max_length": 16}
    known = plan(**{**GRID, "dataset": {**data, "reference": "glue/cola"}})
    assert [run.run_id for run in plan(**{**GRID, "dataset": data})] == [run.run_id for run in known]


def test_what_the_table_says_of_a_checkpoint_is_no_part_of_an_id(plan, monkeypatch):
    entry = load_architectures()["bert-base"]
    before = plan(architectures=[{"name": "bert-base", "checkpoint": "hub"}])
    monkeypatch.setitem(load_architectures(), "bert-base", entry.model_copy(update={"parameters": 1, "licence": "mit"}))
    after = plan(architectures=[{"name": "bert-base", "checkpoint": "hub"}])
    assert [run.run_id for run in before] == [run.run_id for run in after]


def test_an_id_names_an_unusual_optimiser_loss_and_average(plan):
    runs = plan(
        architectures=["bert-tiny"],
        hyperparameters={"optimizer": ["adamw", "lion"], "loss": ["default", "focal"], "weight_averaging": "swa"},
    )
    assert [run.run_id[:-9] for run in runs] == [
        "bert-tiny-swa-lr5e-5-s0",
        "bert-tiny-focal-swa-lr5e-5-s0",
        "bert-tiny-lion-swa-lr5e-5-s0",
        "bert-tiny-lion-focal-swa-lr5e-5-s0",
    ]


def test_options_are_an_axis_and_change_the_id(plan):
    options = [{}, {"momentum": 0.5}, {"momentum": 0.5, "nesterov": True}]
    runs = plan(architectures=["bert-tiny"], hyperparameters={"optimizer": "sgd", "optimizer_options": options})
    assert [run.parameters["optimizer_options"] for run in runs] == options
    assert len({run.run_id for run in runs}) == 3


def test_what_makes_no_difference_to_a_run_is_not_run_twice(plan):
    axes = {"optimizer": ["adamw", "schedulefree-adamw", "hypergradient-sgd"], "schedule": ["linear", "cosine"]}
    runs = plan(architectures=["bert-tiny"], hyperparameters={**axes, "warmup_ratio": [0.0, 0.1]})
    found = [tuple(run.hyperparameters[name] for name in (*axes, "warmup_ratio")) for run in runs]
    assert sorted(found) == [
        ("adamw", "cosine", 0.0),
        ("adamw", "cosine", 0.1),
        ("adamw", "linear", 0.0),
        ("adamw", "linear", 0.1),
        ("hypergradient-sgd", "constant", 0.0),
        ("schedulefree-adamw", "constant", 0.0),
        ("schedulefree-adamw", "constant", 0.1),
    ]


def test_gamma_is_varied_for_the_focal_loss_alone(plan):
    axes = {"loss": ["default", "focal"], "focal_gamma": [1.0, 3.0]}
    runs = plan(architectures=["bert-tiny"], hyperparameters=axes)
    assert [(run.hyperparameters["loss"], run.hyperparameters["focal_gamma"]) for run in runs] == [
        ("default", 2.0),
        ("focal", 1.0),
        ("focal", 3.0),
    ]
