"""A fresh head of a regression says the mean of its labels; one that has learned stays as it is."""

import pytest
import torch

from app.config import FAMILIES, Architecture, load_architectures
from app.lab.architectures import build_model
from app.lab.centring import centre_head
from app.lab.tasks import task_of
from app.tasks import REGRESSION

TINY = {entry.family: entry for entry in reversed(load_architectures().values()) if entry.family in FAMILIES}
TEXTS = ["one two three", "four five"] * 4


@pytest.fixture(params=FAMILIES)
def built(request, here):
    torch.set_num_threads(1)
    architecture = Architecture(name="x", family=request.param, config=TINY[request.param].config)
    return build_model(architecture, task=task_of(REGRESSION.name), labels=(), texts=TEXTS, max_length=16)


def test_a_fresh_head_of_any_family_says_the_mean(built):
    inputs = built.tokenizer(TEXTS, padding=True, return_tensors="pt")
    with torch.no_grad():
        before = built.model(**inputs).logits
        centre_head(built.model, [0.0, 5.0, 4.0])
        after = built.model(**inputs).logits
    assert after.numpy() == pytest.approx(before.numpy() + 3.0, abs=1e-5)


def test_a_head_that_has_learned_stays(built):
    for labels in ([1.0, 2.0], [7.0, 9.0]):
        centre_head(built.model, labels)
    inputs = built.tokenizer(TEXTS, padding=True, return_tensors="pt")
    with torch.no_grad():
        assert float(built.model(**inputs).logits.mean()) < 4
