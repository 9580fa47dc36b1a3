"""Whoever asks for a cluster and has none, or no Ray, is told what to do, before anything is written."""

import socket
import sys

from app.cli import main

ON_RAY = ["--executor", "ray"]


def test_without_ray_its_installation_is_named(write_config, here, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)  # as if it were not installed
    config = write_config()
    assert main(["--config", str(config), *ON_RAY]) == 2
    assert "install it: make ray" in capsys.readouterr().err
    assert not (here / "reports").exists()


def test_where_no_cluster_answers_the_command_that_starts_one_is_named(write_config, here, capsys):
    with socket.socket() as taken:  # a port that nobody listens on
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        config = write_config()
        assert main(["--config", str(config), *ON_RAY, "--set", f"execution.address={address}"]) == 2
    refusal = capsys.readouterr().err
    assert f"execution.address: {address}: no Ray cluster" in refusal
    assert "make cluster" in refusal
    assert not (here / "reports").exists()


def test_the_keys_of_ray_say_nothing_to_who_runs_here(write_config, here):
    config = write_config(execution={"address": "127.0.0.1:1", "resources": {"cpus": 64}, "store": "ray"})
    assert main(["--config", str(config), "--executor", "local", "--dry-run"]) == 0


def test_what_waits_for_nothing_needs_no_cluster(write_config, here, capsys):
    config = write_config(execution={"executor": "ray", "address": "127.0.0.1:1"})
    assert main(["--config", str(config), "--dry-run"]) == 0
    assert "1 runs, 0 done" in capsys.readouterr().out
