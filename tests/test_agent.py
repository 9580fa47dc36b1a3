"""What a W&B agent tells by its environment; and what is refused before a kernel starts."""

import json

import pytest

from app.agent import AgentCall, find_call
from app.cli import main
from app.errors import ConfigError


@pytest.fixture
def called(here, monkeypatch):
    """An agent's environment, with the file of what the sweep has chosen."""

    def set_up(**parameters):
        lines = ["wandb_version: 1", *(f"{name}: {{value: {json.dumps(value)}}}" for name, value in parameters.items())]
        (here / "config.yaml").write_text("\n".join(lines))
        monkeypatch.setenv("WANDB_SWEEP_ID", "abcd1234")
        monkeypatch.setenv("WANDB_RUN_ID", "run00001")
        monkeypatch.setenv("WANDB_SWEEP_PARAM_PATH", str(here / "config.yaml"))

    return set_up


def test_an_agent_is_known_by_sweep_and_run():
    assert find_call({"WANDB_SWEEP_ID": "s", "WANDB_RUN_ID": "r"}) == AgentCall("s", "r")
    assert find_call({}) is None
    assert find_call({"WANDB_SWEEP_ID": "s"}) is None


def test_a_run_id_that_no_sweep_gave_is_taken_away():
    environment = {"WANDB_RUN_ID": "r", "HOME": "/"}
    assert find_call(environment) is None
    assert environment == {"HOME": "/"}


def test_what_the_sweep_has_chosen_is_read_from_its_file(here):
    (here / "c.yaml").write_text("wandb_version: 1\nlearning_rate:\n  value: 0.1\nflag:\n  value: false\n")
    found = find_call({"WANDB_SWEEP_ID": "s", "WANDB_RUN_ID": "r", "WANDB_SWEEP_PARAM_PATH": str(here / "c.yaml")})
    assert found.parameters == {"learning_rate": "0.1", "flag": "false"}


def test_a_file_that_is_gone_is_an_error(here):
    with pytest.raises(ConfigError, match=r"c\.yaml"):
        find_call({"WANDB_SWEEP_ID": "s", "WANDB_RUN_ID": "r", "WANDB_SWEEP_PARAM_PATH": str(here / "c.yaml")})


def test_parameters_that_are_no_words_of_the_command_are_obeyed_too(called, write_config, capsys):
    called(epochs=3, narrow_vocabulary=False)  # ${args_no_boolean_flags} leaves out what is false
    config = write_config(architectures=["bert-tiny"], tracking={"mode": "auto"})
    assert main(["--config", str(config), "--dry-run", "--epochs=3"]) == 0
    assert "1 runs" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("parameters", "keys", "said"),
    [
        ({"lerning_rate": 0.1}, {}, "did you mean learning_rate"),
        ({"learning_rate": -1}, {}, "greater than"),
        ({"learning_rate": "fast"}, {}, "valid number"),
        ({}, {"hyperparameters": {"learning_rate": [0.1, 0.2]}, "seeds": [0, 1]}, "learning_rate (2 values)"),
        ({}, {"tracking": {"mode": "disabled"}}, "tracking.mode: disabled"),
        ({"name": "other"}, {}, "unknown axis"),
    ],
    ids=str,
)
def test_what_cannot_be_one_run_of_a_sweep_is_refused(called, write_config, here, capsys, parameters, keys, said):
    called(**parameters)
    config = write_config(**{"architectures": ["bert-tiny"], "tracking": {"mode": "auto"}} | keys)
    assert main(["--config", str(config)]) == 2
    assert said in capsys.readouterr().err
    assert not (here / "reports").exists()
