"""Word embeddings narrowed to the words in use end up as the full table would have."""

import numpy as np
import pytest
import torch
from transformers import BertConfig, BertForMaskedLM, BertForSequenceClassification

from app.config import FAMILIES, Architecture, load_architectures
from app.lab.architectures import build_model
from app.lab.narrowing import narrow_vocabulary

WORDS, USED = 500, np.arange(0, 60)


@pytest.fixture
def model():
    torch.manual_seed(0)
    shape = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
    no_dropout = {"hidden_dropout_prob": 0, "attention_probs_dropout_prob": 0}
    return BertForSequenceClassification(BertConfig(vocab_size=WORDS, num_labels=3, **shape, **no_dropout))


def train(model, *, narrow: bool) -> dict[str, torch.Tensor]:
    """The weights after 20 steps of AdamW on words below 60, looked at half-way."""
    narrowed = narrow_vocabulary(model, USED) if narrow else None
    assert (narrowed is not None) is narrow
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2, weight_decay=0.1)
    random = torch.Generator().manual_seed(1)
    for step in range(20):
        ids = torch.randint(1, 60, (8, 6), generator=random)
        loss = torch.nn.functional.cross_entropy(model(input_ids=ids).logits, ids[:, 0] % 3)
        loss.backward()
        if narrowed:
            narrowed.decay(1 - 1e-2 * 0.1)
        optimizer.step()
        optimizer.zero_grad()
        if narrowed and step == 10:
            with narrowed.widened():
                assert model.get_input_embeddings().num_embeddings == WORDS
            assert model.get_input_embeddings().num_embeddings == len(USED)
    if narrowed:
        narrowed.widen()
    return {name: weight.detach().clone() for name, weight in model.state_dict().items()}


def test_the_weights_are_those_of_the_full_table(model):
    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    full = train(model, narrow=False)
    model.load_state_dict(before)
    narrow = train(model, narrow=True)
    assert narrow.keys() == full.keys()
    for name, weight in full.items():
        assert torch.allclose(narrow[name], weight, atol=1e-5, rtol=1e-4), name
    table = "bert.embeddings.word_embeddings.weight"
    assert not torch.equal(narrow[table][70], before[table][70])  # decayed, though never seen


def test_the_padding_row_gets_no_gradient(model):
    narrow_vocabulary(model, USED)
    model(input_ids=torch.tensor([[5, 7, 0, 0]]), attention_mask=torch.ones(1, 4)).logits.sum().backward()
    gradient = model.get_input_embeddings().weight.grad
    assert gradient[0].abs().sum() == 0
    assert gradient[5].abs().sum() > 0


def test_a_table_that_is_mostly_in_use_is_left_alone(model):
    assert narrow_vocabulary(model, np.arange(0, 490)) is None


def test_a_table_that_is_the_head_too_is_left_alone():
    shape = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
    assert narrow_vocabulary(BertForMaskedLM(BertConfig(vocab_size=WORDS, **shape)), USED) is None


SHORT, LONG = "Is it?", "The keys to the cabinet are rusty, and so is the lock of the old door in the cellar."


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_trains_to_the_same_weights_with_a_narrow_table(family, here):
    config = next(entry.config for entry in load_architectures().values() if entry.family == family)
    architecture = Architecture(name="x", family=family, config=config)
    trained = []
    for narrow in (False, True):
        torch.manual_seed(0)
        built = build_model(architecture, labels=("no", "yes"), texts=[SHORT, LONG] * 2, max_length=16)
        inputs = built.tokenizer([SHORT, "it it is"], padding=True, return_tensors="pt")
        used = np.union1d(inputs["input_ids"].numpy(), [built.tokenizer.pad_token_id])
        narrowed = narrow_vocabulary(built.model, used) if narrow else None
        assert (narrowed is not None) is narrow
        optimizer = torch.optim.SGD(built.model.parameters(), lr=0.01)
        for _ in range(3):
            optimizer.zero_grad()
            built.model(**inputs, labels=torch.tensor([0, 1])).loss.backward()
            optimizer.step()
        if narrowed:
            narrowed.widen()
        trained.append(built.model.state_dict())
    full, short = trained
    assert full.keys() == short.keys()
    for name, weight in full.items():
        assert torch.allclose(short[name], weight, atol=1e-5, rtol=1e-4), name
