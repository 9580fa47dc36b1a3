"""A rate of dropout for the whole model, in every family, with its weights as they were."""

import pytest
import torch

from app.config import FAMILIES, Architecture, load_architectures
from app.lab.architectures import build_model
from app.lab.dropout_rate import with_dropout

TINY = {entry.family: entry for entry in reversed(load_architectures().values()) if entry.family in FAMILIES}
IDS = torch.tensor([[2, 6, 7, 3], [2, 9, 5, 3]])


@pytest.fixture(autouse=True)
def own_cache(here):
    torch.set_num_threads(1)


def build(family: str):
    rates = {name: 0.1 for name in TINY[family].config if "dropout" in name}
    architecture = Architecture(name="x", family=family, config={**TINY[family].config, **rates})
    texts = ("The keys to the cabinet are rusty.", "Is it?") * 3
    return build_model(architecture, labels=("no", "yes"), texts=texts, max_length=16).model


@torch.no_grad()
def logits(model, *, training: bool) -> torch.Tensor:
    model.train(training)
    found = model(input_ids=IDS).logits
    model.eval()
    return found


@pytest.mark.parametrize("family", FAMILIES)
def test_weights_stay_and_the_rate_is_at_work(family):
    model = build(family)
    random = torch.random.get_rng_state()
    half, none = with_dropout(model, 0.5), with_dropout(model, 0.0)
    assert torch.equal(torch.random.get_rng_state(), random)
    assert torch.equal(logits(half, training=False), logits(model, training=False))
    assert torch.equal(logits(none, training=True), logits(none, training=False))
    assert not torch.equal(logits(half, training=True), logits(half, training=True))
    rates = {module.p for module in half.modules() if isinstance(module, torch.nn.Dropout)}
    assert rates == {0.5}
    assert not half.training
