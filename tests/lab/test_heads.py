"""A family without a head for the task is refused before anything runs, and torch is not asked."""

import subprocess
import sys

import pytest

from app.cli import main
from app.config import FAMILIES, Architecture
from app.errors import ConfigError
from app.lab.heads import check_heads, families_with_head
from app.tasks import CLASSIFICATION, TAGGING
from tests.conftest import PROJECT


def test_the_table_is_that_of_transformers():
    from transformers.models.auto.modeling_auto import MODEL_FOR_TOKEN_CLASSIFICATION_MAPPING_NAMES as TABLE

    assert families_with_head(TAGGING.name) == set(TABLE)


def test_the_table_is_read_without_torch():
    program = (
        "import sys; from app.lab.heads import families_with_head\n"
        "assert 'bert' in families_with_head('token-classification')\n"
        "sys.exit('torch' in sys.modules or 'transformers' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], cwd=PROJECT).returncode == 0


def test_a_family_without_the_head_is_refused(here):
    (here / "weights").mkdir()
    (here / "weights" / "config.json").write_text('{"model_type": "bart"}')
    wrong = [Architecture(name="one", family="opt"), Architecture(name="two", checkpoint="./weights")]
    fine = [Architecture(name=family, family=family) for family in ("bert", "most-frequent-tag")]
    with pytest.raises(ConfigError) as caught:
        check_heads([*wrong, *fine], TAGGING.name)
    assert [(problem.where, problem.key) for problem in caught.value.problems] == [
        ("architecture one", "family"),
        ("architecture two", "family"),
    ]
    assert "the family bart has no head for token-classification" in str(caught.value)
    check_heads(fine, TAGGING.name)
    check_heads(wrong, CLASSIFICATION.name)


def test_the_driver_tells_it_in_a_line_and_runs_nothing(write_config, here, capsys):
    (here / "weights").mkdir()
    (here / "weights" / "config.json").write_text('{"model_type": "bart"}')
    path = write_config(
        task={"kind": "token-classification"},
        dataset={"path": "builtin/entities", "text": "tokens", "label": "tags"},
        architectures=[{"name": "two", "checkpoint": "./weights"}],
    )
    assert main(["--config", str(path), "--dry-run"]) == 2
    told = capsys.readouterr().err.splitlines()
    assert any(line.startswith("architecture two: family: the family bart has no head for") for line in told)


def test_every_known_family_is_built_with_it_or_refused():
    assert set(FAMILIES) & families_with_head(TAGGING.name) >= {"bert", "roberta", "modernbert"}
