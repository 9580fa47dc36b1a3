"""What the commands print stays readable, however many runs there are."""

import os
import shutil
import sys

import pytest

from app.bench.plan import plan_runs
from app.config import load_architectures, load_config
from app.terminal import ROWS, print_architectures, print_plan


@pytest.fixture
def plan(write_config):
    rates = [round(1e-5 * step, 6) for step in range(1, 101)]
    config = write_config(
        architectures=["bert-tiny", "majority"], hyperparameters={"learning_rate": rates}, seeds=list(range(100))
    )
    return plan_runs(load_config(config), template_source="", data_fingerprint="", checkpoints={})


def test_a_screen_gets_the_first_runs_and_how_many_more_there_are(plan, capsys, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    print_plan(plan, {}, workers=1)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == ROWS + 3
    assert lines[0].split() == ["run", "architecture", "learning_rate", "seed", "state"]
    assert lines[-2].startswith(f"and {10_001 - ROWS:,} more")
    assert lines[-1] == "10001 runs, 0 done, 10001 to do"


def test_a_pipe_gets_all_of_them_a_line_each(plan, capsys):
    print_plan(plan, {}, workers=1)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[1:-1]] == [run.run_id for run in plan]
    assert max(map(len, lines)) < 80


def test_a_pipe_gets_every_fact_of_every_architecture_in_a_line(capsys):
    table = load_architectures()
    print_architectures(table.values())
    heading, *lines = capsys.readouterr().out.splitlines()
    assert heading.split() == ["name", "family", "checkpoint", "parameters", "licence", "paper", "safetensors"]
    assert [line.split()[0] for line in lines] == list(table)
    found = dict(zip(table, lines, strict=True))
    facts = "bert-base bert google-bert/bert-base-uncased 109,482,240 apache-2.0 arXiv 1810.04805 yes"
    assert found["bert-base"].split() == facts.split()
    assert found["roberta-tiny"].split() == ["roberta-tiny", "roberta", "from", "scratch"]
    assert found["majority"].split() == ["majority", "majority", "baseline"]


@pytest.mark.parametrize(("columns", "left_out"), [(200, 0), (100, 1), (40, 4)])
def test_a_screen_gets_the_columns_it_has_room_for_and_is_told_of_the_others(columns, left_out, capsys, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setattr(shutil, "get_terminal_size", lambda: os.terminal_size((columns, 24)))
    entries = [entry for entry in load_architectures().values() if entry.family == "albert"]
    print_architectures(entries)
    lines = capsys.readouterr().out.splitlines()
    assert "albert/albert-large-v2" in "\n".join(lines)
    assert len(lines[0].split()) == 7 - left_out
    assert (lines[-1].startswith("no room for ")) is (left_out > 0)
    assert len(lines) == 1 + len(entries) + (left_out > 0)
