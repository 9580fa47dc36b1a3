"""Language models as a user types them: benchmarks of text, and a model that goes on to another task."""

import json

import pandas
import pytest
import yaml

from app.layout import RunFolder
from app.results import read_result
from tests.cli.commands import refused, results_in, run

VERSES = [
    "the sea is wide and the night is long",
    "a bell rings over the hill at dawn",
    "come home, they sing",
]
ENCODER = {
    "name": "toy",
    "family": "bert",
    "config": {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16},
}


def write(here, file="pre.yaml", **keys):
    document = {
        "name": "pre",
        "task": {"kind": "masked-lm"},
        "dataset": {"path": {"train": "verses.txt"}, "max_length": 16},
        "architectures": [ENCODER],
        "hyperparameters": {"learning_rate": 1e-3, "epochs": 1, "batch_size": 16},
        "inference": {"batch_sizes": [1], "sequence_lengths": [8]},
        "tracking": {"mode": "disabled"},
        "execution": {"keep_models": True},
    }
    path = here / file
    path.write_text(yaml.safe_dump(document | keys))
    return path


@pytest.fixture
def verses(here):
    (here / "verses.txt").write_text("\n".join(VERSES * 40))
    return here


@pytest.mark.slow
def test_a_model_pre_trained_on_unlabelled_text_is_fine_tuned_from_where_it_lies(verses):
    assert run(write(verses)) == 0
    ((run_id, result),) = results_in(verses, "pre").items()
    assert result.primary.name == "perplexity"
    assert result.primary.direction == "min"
    assert result.dataset.cut.startswith("The last 20 % of the text")
    assert set(result.metrics["test"]) == {"perplexity", "loss", "pseudo_perplexity"}
    tuned = write(
        verses,
        "tuned.yaml",
        name="tuned",
        task={"kind": "text-classification"},
        dataset={"path": "builtin/sentiment", "max_length": 16, "limit": 40},
        # the same weights by two ways
        architectures=[
            {"name": "adapted", "checkpoint": f"run:pre/{run_id}"},
            {"name": "best", "checkpoint": "run:pre/best"},
        ],
    )
    assert run(tuned) == 0
    adapted, best = results_in(verses, "tuned").values()
    assert adapted.checkpoint == best.checkpoint == f"reports/pre/runs/{run_id}/model"
    assert adapted.family == "bert"
    assert adapted.metrics == best.metrics
    kept = json.loads((verses / "reports/tuned/runs" / adapted.run_id / "model/tokenizer.json").read_text())
    assert kept["model"]["vocab"].keys() >= {"sea", "hill"}  # the words of the verses travelled along


def test_a_benchmark_of_text_leaves_windows_and_a_sample_and_a_report_that_knows_lower_is_better(verses):
    toy = {"name": "toy", "family": "gpt2", "config": {"n_embd": 16, "n_layer": 1, "n_head": 2}}
    config = write(
        verses, name="song", task={"kind": "causal-lm"}, architectures=["bigram", "unigram", "bigram-embedding", toy]
    )
    assert run(config) == 0
    found = {result.architecture: result for result in results_in(verses, "song").values()}
    assert found.keys() == {"bigram", "unigram", "bigram-embedding", "toy"}
    for result in found.values():
        folder = RunFolder(verses / "reports/song/runs" / result.run_id)
        assert set(result.metrics["test"]) == {"perplexity", "loss", "bits_per_character"}
        assert folder.sample.read_text().strip()
        windows = pandas.read_parquet(folder.predictions)
        assert list(windows.columns) == ["id", "tokens", "nll"]
        assert windows.tokens.sum() == result.tokens["test"]
        loss = windows.nll.sum() / windows.tokens.sum()
        assert loss == pytest.approx(result.metrics["test"]["loss"])
        assert result.cost.inference[0].p50_seconds > 0
    assert found["bigram"].primary.value < found["unigram"].primary.value
    page = (verses / "reports/song/index.html").read_text()
    assert "The lower the perplexity the better." in page
    assert "lower is better" in page


class TestAtTheDoor:
    """What does not suit is refused before anything runs."""

    @pytest.mark.parametrize(
        ("checkpoint", "said"),
        [
            ("run:gone/x", "there is no reports/gone; run the benchmark gone first"),
            ("run:pre/toy-x", "has no such run; did you mean toy-2?"),
            ("run:pre/toy-1", "has kept no model; run it with execution.keep_models=true"),
            ("run:pre/toy-2", "ended as failed"),
            ("run:pre/best", "no run of it has ended well and kept a model"),
            ("run:pre", "give run:BENCHMARK/RUN_ID"),
        ],
    )
    def test_a_run_that_has_no_model_to_give(self, write_config, here, capsys, checkpoint, said):
        _leave(here, "toy-1", "ok")
        _leave(here, "toy-2", "failed")
        config = write_config(architectures=[{"name": "adapted", "checkpoint": checkpoint}])
        assert said in refused(capsys, "--config", str(config))

    @pytest.mark.parametrize(
        ("keys", "said"),
        [
            ({"architectures": ["bert-tiny"]}, "the family bert reads both sides of a token"),
            ({"architectures": ["majority"]}, "the baseline 'majority' is none for causal-lm"),
            ({"task": {"kind": "causal-lm", "metric": "accuracy"}}, "causal-lm 'accuracy'; allowed: perplexity"),
            ({"dataset": {"path": "builtin/intents"}}, "is no corpus for causal-lm"),
            ({"dataset": {"path": "builtin/lyrics", "vocabulary": "letters"}}, "unknown vocabulary 'letters'"),
            ({"dataset": {"path": {"train": "gone.txt"}}}, "gone.txt: no such file"),
        ],
    )
    def test_what_does_not_suit_a_causal_model(self, write_config, capsys, keys, said):
        document = {
            "task": {"kind": "causal-lm"},
            "dataset": {"path": "builtin/lyrics"},
            "architectures": ["bigram"],
            **keys,
        }
        assert said in refused(capsys, "--config", str(write_config(**document)))

    @pytest.mark.parametrize(
        ("keys", "said"),
        [
            ({"architectures": ["attention-tiny"]}, "the family gpt2 reads from left to right alone"),
            ({"architectures": ["bigram"]}, "the baseline 'bigram' is none for text-classification"),
            (
                {"dataset": {"path": "builtin/intents", "vocabulary": "characters"}},
                "vocabulary: is no choice of",
            ),
            ({"dataset": {"path": {"train": "x.txt"}}}, "plain text has no labels"),
        ],
    )
    def test_what_does_not_suit_a_classifier(self, write_config, here, capsys, keys, said):
        (here / "x.txt").write_text("text")
        assert said in refused(capsys, "--config", str(write_config(**keys)))


def _leave(here, run_id, status):
    """The record of a run that has ended so, without a model."""
    folder = RunFolder(here / "reports" / "pre" / "runs" / run_id)
    folder.path.mkdir(parents=True, exist_ok=True)
    times = {"started": "2026-01-01T00:00:00+00:00", "finished": "2026-01-01T00:00:01+00:00"}
    record = {"schema": 1, "run_id": run_id, "benchmark": "pre", "status": status, "architecture": "toy"}
    folder.result.write_text(json.dumps({**record, "family": "bert", "seed": 0, "hyperparameters": {}, **times}))
    assert read_result(folder.result)
