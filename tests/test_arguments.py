"""What pins an axis, in every form that a W&B agent can be told to write it in."""

import json

import pytest

from app.arguments import benchmark_parser, read_pins
from app.config import load_config

PINS = {"learning_rate": "0.0003", "architecture": "bert-tiny", "seed": "1"}
FORMS = {
    "${args}": [f"--{name}={value}" for name, value in PINS.items()],
    "${args_no_hyphens}": [f"{name}={value}" for name, value in PINS.items()],
    "${args_no_equals}": [word for name, value in PINS.items() for word in (f"--{name}", value)],
    "${args_append_hydra}": [f"+{name}={value}" for name, value in PINS.items()],
    "${args_override_hydra}": [f"++{name}={value}" for name, value in PINS.items()],
}


@pytest.mark.parametrize("words", FORMS.values(), ids=FORMS)
def test_each_form_says_the_same(words):
    assert read_pins(benchmark_parser(), words) == PINS


def test_one_word_of_json_says_it_too():
    word = json.dumps({"learning_rate": 3e-4, "architecture": "bert-tiny", "cheap_dropout": False, "freeze": None})
    said = {"learning_rate": "0.0003", "architecture": '"bert-tiny"', "cheap_dropout": "false", "freeze": "null"}
    assert read_pins(benchmark_parser(), [word]) == said


def test_a_bare_name_is_true():
    pins = read_pins(benchmark_parser(), ["--cheap_dropout", "--learning_rate=0.1", "--narrow_vocabulary"])
    assert pins == {"cheap_dropout": "true", "learning_rate": "0.1", "narrow_vocabulary": "true"}


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("--dryrun", "did you mean --dry-run"),
        ("reprot", "did you mean report"),
        ("{oops", "begins as JSON"),
        ("=3", ""),
    ],
)
def test_what_pins_nothing_is_refused(word, said, capsys):
    with pytest.raises(SystemExit) as stopped:
        read_pins(benchmark_parser(), [word])
    assert stopped.value.code == 2
    assert said in capsys.readouterr().err


def test_a_nested_parameter_is_a_key_of_the_file(write_config):
    pins = {"dataset": "{'max_length': 24}", "hyperparameters.epochs": "2", "tracking": '{"tags": ["a"]}'}
    benchmark = load_config(write_config(), pins=pins)
    assert benchmark.dataset.max_length == 24
    assert benchmark.dataset.limit == 60  # what is not named stays
    assert benchmark.hyperparameters.epochs == (2,)
    assert benchmark.tracking.tags == ("a",)
