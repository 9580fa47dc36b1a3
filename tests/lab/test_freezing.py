"""Weights are known by their depth, in every family; those that are frozen stay as they are."""

import pytest
import torch

from app.config import FAMILIES, Architecture, load_architectures
from app.errors import UsageError
from app.lab.architectures import build_model
from app.lab.depth import count_layers, weight_depths
from app.lab.freezing import freeze_weights

TINY = {entry.family: entry for entry in reversed(load_architectures().values()) if entry.family in FAMILIES}
LAYERS = dict.fromkeys(FAMILIES, 2) | {"albert": 1}  # one layer's weights, used twice


@pytest.fixture(autouse=True)
def own_cache(here):
    torch.set_num_threads(1)


def build(family: str):
    architecture = Architecture(name="x", family=family, config=TINY[family].config)
    texts = ("The keys to the cabinet are rusty.", "Is it?") * 3
    return build_model(architecture, labels=("no", "yes"), texts=texts, max_length=16).model


@pytest.mark.parametrize("family", FAMILIES)
def test_every_weight_has_its_depth(family):
    model = build(family)
    depths = weight_depths(model)
    assert count_layers(model) == LAYERS[family]
    assert set(depths.values()) == set(range(LAYERS[family] + 2))
    words = next(name for name, weight in model.named_parameters() if weight is model.get_input_embeddings().weight)
    assert depths[words] == 0
    head = [depth for name, depth in depths.items() if name.startswith("classifier.")]
    assert set(head) == {LAYERS[family] + 1}
    for index in range(1, LAYERS[family] + 1):
        assert sum(depth == index for depth in depths.values()) > 3


@pytest.mark.parametrize("family", FAMILIES)
def test_a_step_leaves_frozen_weights_as_they_are_and_moves_the_others(family):
    model = build(family)
    frozen = freeze_weights(model, "1")
    before = {name: weight.detach().clone() for name, weight in model.named_parameters()}
    optimizer = torch.optim.SGD([weight for weight in model.parameters() if weight.requires_grad], lr=0.5)
    model(input_ids=torch.tensor([[2, 6, 7, 3], [2, 9, 5, 3]]), labels=torch.tensor([0, 1])).loss.backward()
    optimizer.step()
    depths = weight_depths(model)
    for name, weight in model.named_parameters():
        if depths[name] <= 1:
            assert torch.equal(weight, before[name]), name
    moved = {depths[name] for name, weight in model.named_parameters() if not torch.equal(weight, before[name])}
    assert moved == set(range(2, LAYERS[family] + 2))
    assert frozen == sum(weight.numel() for name, weight in before.items() if depths[name] <= 1)


def test_the_embeddings_alone_can_be_frozen_and_nothing_is_by_default():
    model = build("bert")
    assert freeze_weights(model, "none") == 0
    assert all(weight.requires_grad for weight in model.parameters())
    freeze_weights(model, "embeddings")
    frozen = {name.split(".")[1] for name, weight in model.named_parameters() if not weight.requires_grad}
    assert frozen == {"embeddings"}


@pytest.mark.parametrize(("family", "words"), [("bert", "this bert has 2; give 2 or less"), ("albert", "share")])
def test_more_layers_than_there_are_cannot_be_frozen(family, words):
    with pytest.raises(UsageError, match=words):
        freeze_weights(build(family), "3")
