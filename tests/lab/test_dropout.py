"""Cheap dropout is dropout: the same rate, the same mean, none in evaluation, and the same draws for the same seed."""

import pytest
import torch
from torch import nn
from transformers import BertConfig, BertForSequenceClassification

from app.lab.dropout import cheap_dropout

SHAPE = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}


def build(rate: float = 0.3):
    torch.manual_seed(0)
    return BertForSequenceClassification(BertConfig(vocab_size=50, hidden_dropout_prob=rate, **SHAPE)).train()


@pytest.mark.parametrize("rate", [0.02, 0.1, 0.5, 0.9])
def test_so_many_elements_are_dropped_and_the_others_scaled(rate):
    with cheap_dropout(model := build(rate), seed=0):
        states = torch.ones(100, 999, requires_grad=True)
        dropped = model.bert.embeddings.dropout(states)
        zeros = (dropped == 0).float().mean().item()
        deviation = (rate * (1 - rate) / states.numel()) ** 0.5
        assert abs(zeros - rate) < 5 * deviation
        assert dropped.max().item() == pytest.approx(1 / (1 - rate))
        dropped.sum().backward()
        assert torch.equal(states.grad, dropped.detach())  # where nothing came through, no gradient goes back


def test_neighbours_are_dropped_independently():
    with cheap_dropout(model := build(0.5), seed=3):
        kept = model.dropout(torch.ones(400_000)) != 0
    for lag in (1, 2, 3, 4, 5, 8):
        both = (kept[:-lag] & kept[lag:]).float().mean().item()
        assert abs(both - 0.25) < 0.004, lag


def test_the_seed_decides_and_evaluation_drops_nothing():
    model, ids = build(), torch.tensor([[1, 2, 3, 4]])
    outputs = []
    for seed in (1, 1, 2):
        torch.manual_seed(0)
        with cheap_dropout(model, seed), torch.no_grad():
            outputs.append(model(input_ids=ids).logits)
    assert torch.equal(outputs[0], outputs[1])
    assert not torch.equal(outputs[0], outputs[2])
    with cheap_dropout(model, seed=1), torch.no_grad():
        model.eval()
        assert torch.equal(model(input_ids=ids).logits, model(input_ids=ids).logits)


def test_afterwards_the_models_own_layers_are_back():
    def layers(model):
        return [module for module in model.modules() if isinstance(module, nn.Dropout)]

    model = build()
    before = layers(model)
    with cheap_dropout(model, seed=0):
        assert model.dropout not in before
        model.eval()
    assert layers(model) == before
    assert not any(module.training for module in before)
