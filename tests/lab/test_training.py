"""Training learns, keeps the best epoch, and is the same for the same seed."""

import math

import numpy as np
import pandas
import pytest
import torch

from app.config import Architecture, Dataset
from app.lab.competitors import build_competitor, train_competitor
from app.lab.datasets import load_examples
from app.lab.evaluation import evaluate_competitor
from app.lab.history import History
from app.lab.parameters import Settings, read_architecture
from app.lab.profiling import measure_inference
from app.layout import PARTS_VARIABLE
from tests.seldom import seldom

TOY = Architecture(
    name="toy",
    family="bert",
    config={"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64},
)
QUICK = Settings(learning_rate=3e-3, epochs=2, batch_size=16)


@pytest.fixture(scope="module")
def intents():
    return load_examples(Dataset(path="builtin/intents", limit=400))


@pytest.fixture
def train(here, intents):
    def one(settings=QUICK, architecture=TOY, examples=intents, **options):
        competitor = build_competitor(architecture, examples, max_length=24, seed=settings.seed)
        history = History("accuracy")
        trained = train_competitor(
            competitor, examples, settings, max_length=24, metric="accuracy", history=history, **options
        )
        return trained, history, evaluate_competitor(trained, examples, "accuracy")

    return one


def test_the_loss_falls_and_the_scores_come_in_the_order_of_the_rows(train, intents):
    settings = QUICK.model_copy(update={"epochs": 20, "learning_rate": 5e-3})
    trained, history, evaluation = train(settings)
    losses = history.series("loss")[1]
    assert losses[-1] < losses[0] * 0.7
    majority = np.bincount(intents.splits["test"].labels).max() / len(intents.splits["test"])
    assert evaluation.primary.value > majority + 0.1
    # one row alone is predicted as it is among the others: batching by length has not mixed rows up
    test = intents.splits["test"]
    together = trained.predict(test)
    for row in (0, 17, len(test) - 1):
        assert trained.predict(test.take([row]))[0] == pytest.approx(together[row], abs=1e-4)
    assert together.sum(axis=1) == pytest.approx(1, abs=1e-5)


def test_the_same_seed_gives_the_same_run_and_another_does_not(train):
    first, second, other = (train(QUICK.model_copy(update={"seed": seed})) for seed in (0, 0, 1))
    assert first[1].rows == second[1].rows
    assert (first[2].outputs == second[2].outputs).all()
    assert first[1].rows != other[1].rows


def test_shortcuts_change_no_result(train):
    off = QUICK.model_copy(update={"narrow_vocabulary": False, "first_token_only": False})
    no_dropout = {"hidden_dropout_prob": 0, "attention_probs_dropout_prob": 0}  # what is drawn cannot be compared
    settled = TOY.model_copy(update={"config": {**TOY.config, **no_dropout}})
    quick, plain = train(architecture=settled), train(off, architecture=settled)
    for name in ("loss", "eval_loss", "eval_accuracy"):
        assert quick[1].series(name)[1] == pytest.approx(plain[1].series(name)[1], abs=1e-4), name
    assert np.abs(quick[2].outputs - plain[2].outputs).max() < 1e-4


@pytest.mark.parametrize("change", [seldom({}), seldom({"gradient_accumulation": 2}), {"loss": "balanced"}], ids=str)
def test_a_batch_in_two_parts_takes_the_same_step(train, monkeypatch, change):
    settings = QUICK.model_copy(
        update={"batch_size": 11, **change}
    )  # parts of six and five rows, and a last batch of few
    no_dropout = {"hidden_dropout_prob": 0, "attention_probs_dropout_prob": 0}  # what is drawn cannot be compared
    settled = TOY.model_copy(update={"config": {**TOY.config, **no_dropout}})
    at_once = train(settings, architecture=settled)
    monkeypatch.setenv(PARTS_VARIABLE, "2")
    in_parts = train(settings, architecture=settled)
    for name in ("loss", "eval_loss", "eval_accuracy"):
        assert in_parts[1].series(name)[1] == pytest.approx(at_once[1].series(name)[1], abs=1e-4), name
    assert np.abs(in_parts[2].outputs - at_once[2].outputs).max() < 1e-4
    assert in_parts[1].rows != at_once[1].rows  # the same but for rounding: it was computed in another way


def test_the_best_epoch_is_the_one_that_is_kept(train, intents):
    settings = QUICK.model_copy(update={"epochs": 5, "learning_rate": 2e-2})
    trained, history, evaluation = train(settings)
    epochs, scores = history.series("eval_accuracy")
    assert evaluation.scores["validation"]["accuracy"] == pytest.approx(max(scores))
    assert trained.best_epoch == epochs[scores.index(max(scores))]


def test_training_stops_early_when_nothing_gets_better(train):
    settings = QUICK.model_copy(update={"epochs": 40, "learning_rate": 1e-9, "early_stopping_patience": 2})
    _, history, _ = train(settings)
    assert len(history.series("eval_accuracy")[1]) <= 4


@pytest.fixture(scope="module")
def usual(intents, tmp_path_factory):
    """The history of a training with nothing changed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BERT_BENCHMARK_CACHE", str(tmp_path_factory.mktemp("cache")))
        competitor = build_competitor(TOY, intents, max_length=24, seed=QUICK.seed)
        history = History("accuracy")
        train_competitor(competitor, intents, QUICK, max_length=24, metric="accuracy", history=history)
    return history


@pytest.mark.parametrize(
    "changes",
    [
        {"schedule": "cosine"},
        seldom({"schedule": "constant"}),
        {"batching": "shuffled"},
        {"label_smoothing": 0.2},
        seldom({"warmup_ratio": 0.0}),
        {"precision": "bf16"},
        {"max_grad_norm": 0.1},
        seldom({"weight_decay": 0.5}),
    ],
    ids=str,
)
def test_each_hyperparameter_reaches_the_training(train, usual, changes):
    _, changed, _ = train(QUICK.model_copy(update=changes))
    assert changed.rows != usual.rows
    assert all(math.isfinite(loss) for loss in changed.series("loss")[1])


def test_a_model_that_is_trained_once_more_computes_in_bf16_once_more(here, intents):
    competitor = build_competitor(TOY, intents, max_length=24, seed=0)
    linear = competitor.built.model.bert.encoder.layer[0].intermediate.dense
    seen = []
    linear.register_forward_hook(lambda module, given, found: seen.append(found.dtype) if module.training else None)
    for _ in range(2):
        seen.clear()
        settings = QUICK.model_copy(update={"precision": "bf16", "epochs": 1})
        train_competitor(competitor, intents, settings, max_length=24, metric="accuracy", history=History("accuracy"))
        assert set(seen) == {torch.bfloat16}


def test_after_training_in_bf16_the_model_computes_in_fp32_again(train):
    trained, _, _ = train(QUICK.model_copy(update={"precision": "bf16"}))
    assert trained.precision == "bf16"
    logits = trained.model.built.model(input_ids=torch.tensor([[2, 5, 3]])).logits.detach()
    plain = trained.model.built.model.double()(input_ids=torch.tensor([[2, 5, 3]])).logits.detach()
    assert logits.dtype == torch.float32
    assert logits.double() == pytest.approx(plain, abs=1e-5)


def test_the_learning_rate_warms_up_and_decays(train):
    _, history, _ = train(QUICK.model_copy(update={"epochs": 4, "warmup_ratio": 0.5}))
    rates = history.series("learning_rate")[1]
    assert rates[0] < max(rates) > rates[-1]
    assert max(rates) <= QUICK.learning_rate


def test_a_loss_that_is_not_a_number_is_seen(train):
    _, history, evaluation = train(QUICK.model_copy(update={"learning_rate": 9.9, "max_grad_norm": 1e9, "epochs": 3}))
    assert len(history.series("loss")[1]) > 0
    assert evaluation.primary.value < 0.5


def test_a_pair_is_trained_on_both_texts(here, train):
    rows = [{"a": f"w{n % 7}", "b": f"w{n * 3 % 7}", "label": str((n % 7) == (n * 3 % 7))} for n in range(210)]
    pandas.DataFrame(rows).to_csv(here / "pairs.csv", index=False)
    examples = load_examples(Dataset(path={"train": here / "pairs.csv"}, text=("a", "b")))
    _, _, evaluation = train(QUICK.model_copy(update={"epochs": 6}), examples=examples)
    assert evaluation.primary.split == "validation"
    assert list(evaluation.worst_mistakes(3).columns) == ["first", "second", "label", "prediction", "probability"]


def test_the_baselines_beat_nothing_they_should_not(train, intents):
    _, _, majority = train(architecture=Architecture(name="majority", family="majority"))
    _, history, bag = train(architecture=Architecture(name="tfidf-logreg", family="tfidf-logreg"))
    share = np.bincount(intents.splits["train"].labels).argmax()
    assert (majority.outputs.argmax(1) == share).all()
    assert bag.primary.value > majority.primary.value + 0.2
    assert history.rows == []


def test_inference_is_timed_for_every_shape(train, intents):
    trained, _, _ = train()
    timings = measure_inference(trained, intents, batch_sizes=[1, 4], sequence_lengths=[8, 16, 999], max_length=24)
    assert [(timing.batch_size, timing.sequence_length) for timing in timings] == [(1, 8), (1, 16), (4, 8), (4, 16)]
    for timing in timings:
        assert 0 < timing.p50_seconds <= timing.p95_seconds
        assert timing.samples_per_second > 0


def test_a_name_alone_is_from_scratch():
    assert read_architecture("bert-base", family="", checkpoint="", config={}).checkpoint is None
