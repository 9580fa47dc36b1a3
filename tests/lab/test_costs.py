"""What a run cost: the size of a model is that of its file."""

import pytest
import torch

from app.config import Architecture, Dataset
from app.lab.competitors import build_competitor, train_competitor
from app.lab.costs import describe_cost, measure_cost
from app.lab.datasets import load_examples
from app.lab.history import History
from app.lab.parameters import Settings
from app.layout import RunFolder

TOY = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
LENGTH = 16


@pytest.fixture(scope="module")
def intents():
    return load_examples(Dataset(path="builtin/intents", limit=100))


def train(examples, family, config, folder=""):
    torch.set_num_threads(1)
    competitor = build_competitor(
        Architecture(name="toy", family=family, config=config), examples, max_length=LENGTH, seed=0
    )
    settings = Settings(learning_rate=5e-3, epochs=1, batch_size=32)
    history = History("accuracy")
    return train_competitor(
        competitor, examples, settings, max_length=LENGTH, metric="accuracy", history=history, keep_in=folder
    )


@pytest.mark.parametrize("family", ["bert", "albert"])  # albert's layers share their weights
def test_the_size_of_a_model_is_that_of_its_file_without_the_header(here, intents, family):
    trained = train(intents, family, TOY, str(here / "run"))
    file = RunFolder(here / "run").model / "model.safetensors"
    header = 8 + int.from_bytes(file.read_bytes()[:8], "little")
    cost = measure_cost(trained, (), exclusive=True)
    assert cost.model_bytes == file.stat().st_size - header
    assert describe_cost(cost)["size of the weights"].endswith(" bytes")


def test_a_baseline_is_as_large_as_its_coefficients(intents):
    trained = train(intents, "tfidf-logreg", {})
    assert measure_cost(trained, (), exclusive=True).model_bytes == 8 * trained.parameters


def test_energy_of_the_training_is_not_available_without_a_meter(intents):
    cost = measure_cost(train(intents, "majority", {}), (), exclusive=True)
    assert cost.training_energy_joules is None
    assert cost.model_copy(update={"energy_joules": {"training": 7.5}}).training_energy_joules == 7.5
