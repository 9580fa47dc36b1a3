"""Hyperparameters are checked at the door: optimisers and their options, losses and what they suit, what is frozen."""

import pytest
from pydantic_core import PydanticCustomError

from app.config import OPTIMIZERS, Hyperparameters, load_config, settle
from app.errors import ConfigError
from app.optimizers import option_problems, with_defaults
from app.schema import SUITABLE_LOSSES, check_losses


def problem_of(path, **options) -> str:
    with pytest.raises(ConfigError) as caught:
        load_config(path, **options)
    (problem,) = caught.value.problems
    return str(problem)


def test_a_mapping_of_options_is_a_scalar_and_a_list_of_them_an_axis(write_config):
    one = write_config("a.yaml", hyperparameters={"optimizer": "sgd", "optimizer_options": {"momentum": 0.8}})
    assert load_config(one).hyperparameters.optimizer_options == ({"momentum": 0.8},)
    both = [{"betas": [0.9, 0.95]}, {}]
    two = write_config("b.yaml", hyperparameters={"optimizer": ["adamw", "lion"], "optimizer_options": both})
    assert load_config(two).hyperparameters.optimizer_options == tuple(both)


def test_options_can_be_pinned_and_set(write_config):
    path = write_config(hyperparameters={"optimizer": "sgd"})
    pinned = load_config(path, pins={"optimizer_options": "{momentum: 0.5}"})
    laid_over = load_config(path, overrides=["hyperparameters.optimizer_options={momentum: 0.5}"])
    assert pinned.hyperparameters == laid_over.hyperparameters
    assert pinned.hyperparameters.optimizer_options == ({"momentum": 0.5},)


@pytest.mark.parametrize(
    ("keys", "key", "words"),
    [
        ({"optimizer": "adamww"}, "optimizer", "did you mean adamw?"),
        (
            {"optimizer_options": {"momentum": 0.9}},
            "optimizer_options",
            "no option of adamw; allowed: betas, eps, amsgrad",
        ),
        (
            {"optimizer": "sgd", "optimizer_options": {"momentun": 0.9}},
            "optimizer_options",
            "'momentun' is no option of sgd; did you mean momentum? allowed: momentum, nesterov",
        ),
        (
            {"optimizer": ["sgd", "lion"], "optimizer_options": [{}, {"momentum": 0.9}]},
            "optimizer_options",
            "'momentum' is no option of lion",
        ),
        ({"optimizer_options": {"betas": [0.9]}}, "optimizer_options", "betas of adamw must be a list of 2 numbers"),
        ({"optimizer_options": {"betas": [0.9, 1.0]}}, "optimizer_options", "from 0 to less than 1"),
        ({"optimizer_options": {"eps": 0}}, "optimizer_options", "eps of adamw must be a number above 0, not 0"),
        ({"optimizer_options": {"amsgrad": 1}}, "optimizer_options", "true or false"),
        (
            {"optimizer": "sgd", "optimizer_options": {"nesterov": True, "momentum": 0}},
            "optimizer_options",
            "nesterov of sgd needs a momentum",
        ),
        ({"optimizer_options": [{}, {}]}, "optimizer_options", "listed twice"),
        ({"optimizer_options": "fast"}, "optimizer_options", "'fast'"),
        ({"schedule": "inverse-sqrt"}, "schedule", "did you mean inverse_sqrt?"),
        ({"weight_averaging": "ema"}, "weight_averaging", "allowed: none, swa"),
        ({"loss": "hinge"}, "loss", "allowed: default, cross-entropy, balanced, focal"),
        ({"loss": ["default", "focal"], "label_smoothing": [0, 0.1]}, "loss", "no label smoothing"),
        ({"focal_gamma": -1}, "focal_gamma", "greater than or equal to 0"),
        ({"gradient_accumulation": 0}, "gradient_accumulation", "greater than or equal to 1"),
        ({"layer_decay": 0}, "layer_decay", "greater than 0"),
        ({"dropout": -0.5}, "dropout", "must be -1 for the model's own"),
        ({"dropout": 1}, "dropout", "less than 1"),
        ({"freeze": 0}, "freeze", "a number of layers from 1"),
        ({"freeze": "head"}, "freeze", "none, embeddings, or a number"),
        ({"freeze": True}, "freeze", "true is no number"),
    ],
    ids=str,
)
def test_what_is_wrong_is_named_with_what_is_allowed(write_config, keys, key, words):
    found = problem_of(write_config(hyperparameters=keys))
    assert f": hyperparameters.{key}" in found
    assert words in found


def test_the_problem_has_its_line(here):
    path = here / "x.yaml"
    path.write_text(
        "name: x\ntask: {kind: text-classification}\ndataset: {path: builtin/intents}\narchitectures: [majority]\n"
        "hyperparameters:\n  optimizer: lion\n  optimizer_options: {eps: 1.0e-6}\n"
    )
    assert problem_of(path).startswith(f"{path}:7: hyperparameters.optimizer_options: 'eps' is no option of lion")


def test_what_is_frozen_is_a_word_whichever_way_it_is_written(write_config):
    assert load_config(write_config(hyperparameters={"freeze": ["none", 2, "3"]})).hyperparameters.freeze == (
        "none",
        "2",
        "3",
    )


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_defaults_of_an_optimiser_are_allowed(name):
    assert option_problems(name, with_defaults(name, {})) == []
    assert with_defaults(name, {}).keys() == OPTIMIZERS[name].keys()


@pytest.mark.parametrize(
    ("kind", "keys", "words"),
    [
        ("text-regression", {"loss": "focal"}, "'focal' does not suit text-regression; allowed: default"),
        ("text-regression", {"loss": "cross-entropy"}, "does not suit"),
        ("text-regression", {"label_smoothing": 0.1}, "no classes to smooth"),
        ("masked-lm", {"loss": "balanced"}, "does not suit masked-lm"),
        ("causal-lm", {"loss": ["default", "focal"]}, "does not suit causal-lm"),
    ],
)
def test_a_loss_that_does_not_suit_the_task_is_refused(kind, keys, words):
    with pytest.raises(PydanticCustomError, match=words):
        check_losses(kind, Hyperparameters.model_validate(keys))


@pytest.mark.parametrize("kind", SUITABLE_LOSSES)
def test_every_loss_that_suits_a_task_is_let_in(kind):
    check_losses(kind, Hyperparameters.model_validate({"loss": list(SUITABLE_LOSSES[kind])}))


def test_settling_changes_nothing_that_matters():
    setting = {"optimizer": "adamw", "loss": "focal", "schedule": "cosine", "warmup_ratio": 0.2, "focal_gamma": 3.0}
    assert settle(setting) == setting
