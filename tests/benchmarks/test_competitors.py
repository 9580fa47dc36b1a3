"""Every competitor is a program that runs by itself and says what it found, here at toy size."""

import json
import runpy
import sys

import pytest

from app.bench.notebooks import check_parameters
from app.layout import FINETUNE, PROJECT
from app.results import read_result
from benchmarks.grid import LOOPS, write_grid
from benchmarks.inference import COMPETITORS as ASKED
from benchmarks.training import COMPETITORS as TRAINED
from benchmarks.turns import run_command
from benchmarks.workloads import LABELS, MODELS, SHAPES, make_model, make_texts, make_tokenizer, training_flops
from tests.seldom import seldom


@pytest.fixture
def run(here, monkeypatch, capsys):
    def one(name, shape):
        words = ["--model", "toy", "--shape", shape, "--rows", "40", "--steps", "1"]
        monkeypatch.setattr(sys, "argv", [name, *words])
        runpy.run_module(f"benchmarks.competitors.{name}", run_name="__main__")
        return json.loads(capsys.readouterr().out.splitlines()[-1])

    return one


@pytest.mark.parametrize("name", TRAINED.values())
def test_training_says_how_many_rows_a_second(run, name):
    said = run(name, "short")
    assert said["rows_per_second"] > 0
    assert said["precision"] in ("fp32", "bf16")


@pytest.mark.parametrize("name", ASKED.values())
def test_inference_says_how_long_one_question_takes_and_many(run, name):
    said = run(name, "short")
    assert said["milliseconds"] > 0
    assert said["rows_per_second"] > 0


@pytest.mark.parametrize(
    ("loop", "leaves"),
    [
        seldom("papermill_loop.sh", {"notebook.ipynb"}),
        seldom("script_loop.sh", set()),
    ],
)
def test_a_loop_over_the_grid_leaves_a_result_for_each_run(tmp_path, loop, leaves):
    write_grid(tmp_path, rates=(1e-3,), seeds=1)
    environment = {"PYTHON": sys.executable, "BERT_BENCHMARK_CACHE": str(tmp_path / "cache")}
    run_command(["sh", str(LOOPS / loop), str(tmp_path)], folder=PROJECT, environment=environment)
    (folder,) = (tmp_path / "runs").iterdir()
    result = read_result(folder / "result.json")
    assert result is not None
    assert result.status == "ok"
    assert result.run_id == folder.name
    assert leaves <= {path.name for path in folder.iterdir()}


def test_all_of_a_grid_run_the_same_template_with_the_same_parameters(tmp_path):
    import yaml

    write_grid(tmp_path, rates=(1e-3, 2e-3), seeds=2)
    parameters = sorted((tmp_path / "parameters").iterdir())
    assert [path.stem for path in sorted((tmp_path / "scripts").iterdir())] == [path.stem for path in parameters]
    assert len(parameters) == 4
    for path in parameters:
        check_parameters(FINETUNE, yaml.safe_load(path.read_text()))


@pytest.mark.parametrize("shape", SHAPES)
def test_texts_have_the_lengths_they_are_said_to_have(shape):
    texts, lengths, labels = make_texts(shape, 50)
    tokenizer = make_tokenizer()
    assert [len(ids) for ids in tokenizer(texts)["input_ids"]] == lengths
    assert SHAPES[shape].least <= min(lengths) <= max(lengths) <= SHAPES[shape].most
    assert set(labels) <= set(range(LABELS))
    assert (texts, lengths, labels) == make_texts(shape, 50)
    assert not any(tokenizer.unk_token_id in ids for ids in tokenizer(texts)["input_ids"])


def test_short_texts_are_as_long_as_those_of_banking77():
    _, lengths, _ = make_texts("short", 5000)
    assert sum(lengths) / len(lengths) == pytest.approx(16.4, abs=0.5)


def test_flops_are_those_that_torch_counts():
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    from benchmarks.workloads import Size

    MODELS["wide"] = Size(layers=2, width=128, heads=2, intermediate=512)
    try:
        model = make_model("wide")
        ids = torch.randint(5, 1000, (3, 24))
        with FlopCounterMode(display=False) as counter:
            model(input_ids=ids, labels=torch.zeros(3, dtype=torch.long)).loss.backward()
        assert training_flops("wide", [24]) * 3 == pytest.approx(counter.get_total_flops(), rel=0.06)
    finally:
        del MODELS["wide"]
