"""A lifecycle file is whole, or every problem in it is told."""

import pytest

from app.errors import ConfigError
from app.serving.lifecycle.file import load_lifecycle


@pytest.fixture
def write(write_config, here):
    write_config("tiny.yaml")

    def write(text: str):
        path = here / "lifecycle.yaml"
        path.write_text(text)
        return path

    return write


def test_what_is_left_out_has_a_default(write):
    found = load_lifecycle(write("benchmark: tiny.yaml\n"))
    assert found.settled.name == "tiny"
    assert found.triggers.drift
    assert (found.triggers.feedback, found.registry, found.served) == (50, "registry", "served")


def test_the_command_line_lies_over_it(write):
    found = load_lifecycle(write("benchmark: tiny.yaml\n"), overrides=("triggers.feedback=null", "test_share=0.5"))
    assert found.triggers.feedback is None
    assert found.test_share == 0.5


def test_all_problems_are_told_at_once(write):
    path = write("benchmark: tiny.yaml\ntriggers: {drift: 3, feedbak: 1}\nwithin_noise: cheaper\nserver: here\n")
    with pytest.raises(ConfigError) as caught:
        load_lifecycle(path)
    message = str(caught.value)
    assert "lifecycle.yaml:2: triggers.drift" in message
    assert "did you mean feedback?" in message
    assert "lifecycle.yaml:3: within_noise" in message
    assert "lifecycle.yaml:4: server: must be a URL" in message


def test_a_benchmark_that_is_not_there_is_named_with_its_line(write):
    with pytest.raises(ConfigError, match=r"lifecycle.yaml:1: benchmark: .*nowhere.yaml"):
        load_lifecycle(write("benchmark: nowhere.yaml\n"))
