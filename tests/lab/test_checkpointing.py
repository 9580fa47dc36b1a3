"""A training that is torn off and carried on comes to the same as one that was left alone, bit by bit."""

import json

import numpy as np
import pytest
import torch

from app.config import Architecture, Dataset
from app.lab.competitors import build_competitor, train_competitor
from app.lab.datasets import load_examples
from app.lab.history import History
from app.lab.parameters import Settings
from app.lab.snapshots import read_snapshot, write_snapshot
from app.lab.trainer import FineTuner
from app.layout import CHECKPOINT_VARIABLE, RunFolder
from tests.seldom import seldom

SIZES = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
TOY = Architecture(name="toy", family="bert", config=SIZES)
USUAL = Settings(learning_rate=3e-3, epochs=3, batch_size=16, seed=3)
AVERAGED = {"weight_averaging": "swa"}
STEPS = 5  # of an epoch


class TornOff(BaseException):
    """What a kernel would not live to raise."""


@pytest.fixture(scope="module")
def intents():
    return load_examples(Dataset(path="builtin/intents", limit=80))


@pytest.fixture(scope="module")
def lyrics():
    return load_examples(Dataset(path="builtin/lyrics", limit=40, max_length=24), "masked-lm")


@pytest.fixture
def train(tmp_path, monkeypatch):
    """Trains; with `torn_off_at` a step, the training ends there as if its kernel had been killed."""
    folder = RunFolder(tmp_path / "run")

    def one(examples, settings, *, every="", torn_off_at=None, metric="accuracy"):
        monkeypatch.setenv(CHECKPOINT_VARIABLE, every)
        competitor = build_competitor(TOY, examples, max_length=24, seed=settings.seed)
        history = History.at(str(folder.path), metric, listener=lambda row: None)
        step = FineTuner.training_step

        def training_step(trainer, *arguments, **options):
            if trainer.state.global_step == torn_off_at:
                raise TornOff
            return step(trainer, *arguments, **options)

        with monkeypatch.context() as patch:
            patch.setattr(FineTuner, "training_step", training_step)
            if torn_off_at == 3 * STEPS:
                patch.setattr(FineTuner, "_finalize_training", lambda *_: (_ for _ in ()).throw(TornOff))
            trained = train_competitor(competitor, examples, settings, max_length=24, metric=metric, history=history)
        outputs = trained.predict(examples.splits["test"])
        return trained, history.rows, folder.history.read_text(), outputs

    one.folder = folder
    return one


@pytest.fixture
def whole(train, trainings):
    """The same without interruption, made once for all tests that ask for it."""

    def one(examples, settings, **options):
        key = f"{examples.fingerprint} {settings}"
        if key not in trainings:
            trainings[key] = train(examples, settings, **options)
        return trainings[key]

    return one


@pytest.fixture(scope="module")
def trainings():
    return {}


def is_the_same(one, other) -> bool:
    if hasattr(one, "nll"):
        one, other = one.nll, other.nll
    return np.array_equal(np.asarray(one), np.asarray(other))


@pytest.mark.parametrize(
    ("cut", "change"),
    [
        (9, {}),
        (10, {}),
        (15, {}),
        (9, {"batching": "shuffled", "gradient_accumulation": 2, "batch_size": 8, **AVERAGED}),
    ],
    ids=["within an epoch", "at its end", "after all", "within, shuffled, accumulated, averaged"],
)
def test_what_is_carried_on_equals_what_was_left_alone(train, whole, intents, cut, change):
    settings = USUAL.model_copy(update=change)
    alone = whole(intents, settings)
    with pytest.raises(TornOff):
        train(intents, settings, every="2", torn_off_at=cut)
    carried_on = train(intents, settings, every="2")
    assert carried_on[0].resumed_epoch == pytest.approx({9: 8, 10: 10, 15: 15}[cut] / STEPS)
    assert carried_on[0].best_epoch == alone[0].best_epoch
    assert carried_on[1] == alone[1]
    assert carried_on[2] == alone[2]
    assert is_the_same(carried_on[3], alone[3])


@pytest.mark.parametrize("optimizer", ["lion", seldom("schedulefree-adamw"), seldom("hypergradient-adam")])
def test_every_optimiser_goes_on_where_it_was(train, intents, optimizer):
    settings = Settings(learning_rate=1e-3, epochs=2, batch_size=16, optimizer=optimizer)
    whole = train(intents, settings)
    with pytest.raises(TornOff):
        train(intents, settings, every="epoch", torn_off_at=8)
    carried_on = train(intents, settings, every="epoch")
    assert carried_on[0].resumed_epoch == 1
    assert carried_on[1] == whole[1]
    assert is_the_same(carried_on[3], whole[3])


@pytest.mark.slow
def test_a_masked_model_is_shown_the_same_gaps(train, lyrics):
    settings = Settings(learning_rate=1e-3, epochs=2, batch_size=4)
    whole = train(lyrics, settings, metric="pseudo_perplexity")
    steps = max(row["step"] for row in whole[1])
    with pytest.raises(TornOff):
        train(lyrics, settings, every="1", torn_off_at=steps - 2, metric="pseudo_perplexity")
    carried_on = train(lyrics, settings, every="1", metric="pseudo_perplexity")
    assert carried_on[0].resumed_epoch == pytest.approx(2 * (steps - 2) / steps)
    assert carried_on[1] == whole[1]


def test_a_checkpoint_of_another_training_or_a_torn_one_is_left_alone(train, intents):
    with pytest.raises(TornOff):
        train(intents, USUAL, every="epoch", torn_off_at=7)
    folder = train.folder.checkpoint
    other = train(intents, USUAL.model_copy(update={"epochs": 1, "learning_rate": 1e-4}), every="epoch")
    assert other[0].resumed_epoch is None
    (tensors,) = folder.glob("*.safetensors")
    tensors.write_bytes(tensors.read_bytes()[:-1])
    assert read_snapshot(folder) is None
    again = train(intents, USUAL.model_copy(update={"epochs": 1, "learning_rate": 1e-4}), every="epoch")
    assert again[0].resumed_epoch is None


def test_a_checkpoint_is_json_and_safetensors_and_no_pickle(train, intents):
    train(intents, USUAL.model_copy(update={"epochs": 1}), every="epoch")
    files = sorted(path.suffix for path in train.folder.checkpoint.iterdir())
    assert files == [".json", ".safetensors"]
    json.loads((train.folder.checkpoint / "state.json").read_text())


def test_a_snapshot_gives_back_what_it_was_given(tmp_path):
    state = {
        "tensor": torch.arange(6.0).reshape(2, 3),
        "whole": {0: {"step": torch.tensor(4.0), "rate": 0.1}, 1: {}},
        "pair": (1, [True, None, "text"]),
        "array": np.arange(3, dtype=np.uint64),
        "infinite": float("-inf"),
    }
    write_snapshot(tmp_path / "deep", state, 1)
    write_snapshot(tmp_path / "deep", state, 2)
    found = read_snapshot(tmp_path / "deep")
    assert torch.equal(found["tensor"], state["tensor"])
    assert found["whole"][0]["rate"] == 0.1
    assert found["whole"][0]["step"] == 4
    assert (found["pair"], found["infinite"]) == (state["pair"], state["infinite"])
    assert found["array"].dtype == np.uint64
    assert len(list((tmp_path / "deep").iterdir())) == 2


def test_what_cannot_be_kept_is_refused_and_what_was_kept_stays(tmp_path):
    write_snapshot(tmp_path, {"x": 1}, 1)
    with pytest.raises(TypeError, match="/x: a set"):
        write_snapshot(tmp_path, {"x": {1}}, 2)
    assert read_snapshot(tmp_path) == {"x": 1}
