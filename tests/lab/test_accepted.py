import os
import subprocess
import sys

from app.config import load_config
from app.lab.accepted import remember_accepted, was_accepted
from tests.conftest import PROJECT

TOY = {"name": "toy", "family": "bert", "config": {"hidden_size": 16, "num_attention_heads": 2}}


def own(write_config, **config):
    (architecture,) = load_config(
        write_config(architectures=[{**TOY, "config": config or TOY["config"]}])
    ).architectures
    return architecture


def test_only_the_very_same_configuration_is_known(write_config):
    assert not was_accepted(own(write_config))
    remember_accepted(own(write_config))
    assert was_accepted(own(write_config))
    assert was_accepted(own(write_config).model_copy(update={"name": "of another name"}))
    assert not was_accepted(own(write_config, hidden_size=32))
    assert not was_accepted(own(write_config).model_copy(update={"family": "roberta"}))


def test_other_libraries_are_asked_again(write_config, monkeypatch):
    remember_accepted(own(write_config))
    monkeypatch.setattr("app.lab.accepted.version", lambda name: "0")
    assert not was_accepted(own(write_config))


def test_a_cache_that_cannot_be_written_is_no_obstacle(here, write_config, monkeypatch):
    (here / "taken").write_text("")
    monkeypatch.setenv("BERT_BENCHMARK_CACHE", str(here / "taken"))
    remember_accepted(own(write_config))
    assert not was_accepted(own(write_config))


def test_what_was_accepted_once_is_planned_without_torch(here, write_config):
    config = write_config(architectures=[TOY])
    remember_accepted(own(write_config))
    code = (
        "import sys\nfrom app.cli import main\nassert main(['--config', sys.argv[1], '--dry-run']) == 0\n"
        "sys.exit('torch' in sys.modules or 'transformers' in sys.modules)"
    )
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    done = subprocess.run([sys.executable, "-c", code, str(config)], check=False, cwd=here, env=environment)
    assert done.returncode == 0
