"""The last layer for the first token alone: the same logits and gradients as the whole of it."""

import pytest
import torch

from app.config import FAMILIES, Architecture, load_architectures
from app.lab.architectures import build_model
from app.lab.datasets import Split
from app.lab.last_layer import first_token_only
from app.lab.tokens import encode_split

ABLE = {"bert", "roberta", "xlm-roberta", "electra", "distilbert", "modernbert"}
TINY = {entry.family: entry for entry in reversed(load_architectures().values()) if entry.family in FAMILIES}
TEXTS = ("The keys to the cabinet are rusty.", "Is it?", "The key to the cabinets is rusty and old.") * 2


@pytest.fixture(autouse=True)
def own_cache(here):
    torch.set_num_threads(1)


def build(family: str, **config: object):
    architecture = Architecture(name="x", family=family, config={**TINY[family].config, **config})
    return build_model(architecture, labels=("no", "yes"), texts=TEXTS, max_length=16)


def gradients(built):
    """Logits of a batch with padding, and what its loss says of every weight."""
    split = Split((TEXTS,), tuple(n % 2 for n in range(len(TEXTS))))
    encoded = encode_split(split, built.tokenizer, max_length=50)
    batch = encoded.batch(range(len(TEXTS)), built.tokenizer.pad_token_id)
    assert (batch["attention_mask"] == 0).any()
    built.model.zero_grad()
    output = built.model(**batch)
    output.loss.backward()
    return output.logits.detach(), {name: weight.grad for name, weight in built.model.named_parameters()}


@pytest.mark.parametrize("family", sorted(ABLE))
def test_logits_and_gradients_are_those_of_the_whole_layer(family):
    built = build(family)
    built.model.eval()  # no dropout: what is drawn at random cannot be compared
    logits, whole = gradients(built)
    with first_token_only(built.model) as able:
        assert able
        short_logits, short = gradients(built)
        hidden = built.model.base_model(**built.tokenizer("Is it?", return_tensors="pt")).last_hidden_state
        assert hidden.shape[1] == 1
    assert torch.allclose(short_logits, logits, atol=1e-5)
    for name, gradient in whole.items():
        if gradient is None:
            assert short[name] is None, name
        else:
            assert torch.allclose(short[name], gradient, atol=1e-5), name
    again, _ = gradients(built)
    assert torch.equal(again, logits)


@pytest.mark.parametrize("family", ["bert", "distilbert", "modernbert"])
def test_dropout_is_still_at_work_in_training(family):
    name = "attention_probs_dropout_prob" if family == "bert" else "attention_dropout"
    built = build(family, **{name: 0.5})
    inputs = built.tokenizer("Is it?", return_tensors="pt")
    with first_token_only(built.model), torch.no_grad():
        built.model.train()
        assert not torch.equal(built.model(**inputs).logits, built.model(**inputs).logits)
        built.model.eval()
        assert torch.equal(built.model(**inputs).logits, built.model(**inputs).logits)


@pytest.mark.parametrize("family", sorted(set(FAMILIES) - ABLE))
def test_a_family_that_is_built_otherwise_is_left_alone(family):
    with first_token_only(build(family).model) as able:
        assert not able


def test_a_head_that_reads_every_token_is_left_alone():
    with first_token_only(build("modernbert", classifier_pooling="mean").model) as able:
        assert not able
