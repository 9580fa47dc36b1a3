"""The last layer of a classifier computed for the first token alone, where nothing else of it is looked at.

A head that reads the first token ([CLS]) needs keys and values of all tokens, but query, output projection and
feed-forward of one. That leaves about two twelfths of the last layer's arithmetic, with the same logits and gradients.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import nn
from torch.nn import functional
from transformers import PreTrainedModel

__all__ = ["first_token_only"]

Forward = Callable[..., torch.Tensor]


@contextlib.contextmanager
def first_token_only(model: PreTrainedModel) -> Iterator[bool]:
    """While the context lasts, the last layer computes the first token alone; yields whether this family can.

    The model's hidden states then have one token. Families: those built like BERT (bert, roberta, xlm-roberta, electra
    and their kin), distilbert, and modernbert where its head reads the first token.
    """
    found = _last_layer(model)
    if found is None:
        yield False
        return
    layer, forward = found
    layer.forward = forward
    try:
        yield True
    finally:
        del layer.forward  # the class's own again


def _last_layer(model: PreTrainedModel) -> tuple[Any, Forward] | None:
    """The last layer and what takes the place of its forward."""
    base: Any = model.base_model
    family = model.config.model_type
    if getattr(model.config, "is_decoder", False):
        return None
    if family in ("bert", "roberta", "electra", "xlm-roberta", "camembert"):
        layer = base.encoder.layer[-1]
        return layer, lambda hidden, mask=None, *_, **__: _bert(layer, hidden, mask)
    if family == "distilbert":
        layer = base.transformer.layer[-1]
        return layer, lambda hidden, attention_mask=None, **_: _distilbert(layer, hidden, attention_mask)
    if family == "modernbert" and model.config.classifier_pooling == "cls":
        layer = base.layers[-1]
        return layer, lambda hidden, attention_mask=None, position_embeddings=None, **_: _modernbert(
            layer, hidden, attention_mask, position_embeddings
        )
    return None


def _bert(layer: Any, hidden: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
    own = layer.attention.self
    first = hidden[:, :1]
    query, key, value = (
        _split(states, own.num_attention_heads) for states in (own.query(first), own.key(hidden), own.value(hidden))
    )
    attended = _attend(query, key, value, mask, _rate(own.dropout))
    output: torch.Tensor = layer.feed_forward_chunk(layer.attention.output(attended, first))
    return output


def _distilbert(layer: Any, hidden: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
    own = layer.attention
    first = hidden[:, :1]
    query, key, value = (
        _split(states, own.n_heads) for states in (own.q_lin(first), own.k_lin(hidden), own.v_lin(hidden))
    )
    attended = _attend(query, key, value, mask, _rate(own.dropout))
    between = layer.sa_layer_norm(own.out_lin(attended) + first)
    output: torch.Tensor = layer.output_layer_norm(layer.ffn(between) + between)
    return output


def _modernbert(
    layer: Any, hidden: torch.Tensor, mask: torch.Tensor | None, positions: tuple[torch.Tensor, torch.Tensor]
) -> torch.Tensor:
    from transformers.models.modernbert.modeling_modernbert import apply_rotary_pos_emb

    own = layer.attn
    normed = layer.attn_norm(hidden)
    heads, width = layer.config.num_attention_heads, layer.config.hidden_size
    weight, bias = own.Wqkv.weight, own.Wqkv.bias
    query = functional.linear(normed[:, :1], weight[:width], None if bias is None else bias[:width])
    both = functional.linear(normed, weight[width:], None if bias is None else bias[width:])
    key, value = torch.split(both, width, dim=-1)
    cosine, sine = positions
    key = _split(key, heads)
    key, _ = apply_rotary_pos_emb(key, key[:, :, :1], cosine, sine)
    query = _split(query, heads)
    query, _ = apply_rotary_pos_emb(query, query, cosine[:, :1], sine[:, :1])
    dropout = own.attention_dropout if own.training else 0.0
    attended = _attend(query, key, _split(value, heads), mask, dropout)
    hidden = hidden[:, :1] + own.out_drop(own.Wo(attended))
    output: torch.Tensor = hidden + layer.mlp(layer.mlp_norm(hidden))
    return output


def _attend(
    query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, mask: torch.Tensor | None, dropout: float
) -> torch.Tensor:
    """Attention of the first token to all: (rows, 1, width) from (rows, heads, tokens, width of a head)."""
    attended = functional.scaled_dot_product_attention(
        query, key, value, attn_mask=None if mask is None else mask[:, :, :1], dropout_p=dropout
    )
    return attended.transpose(1, 2).flatten(2)


def _split(states: torch.Tensor, heads: int) -> torch.Tensor:
    """(rows, tokens, width) -> (rows, heads, tokens, width of a head)."""
    rows, tokens, width = states.shape
    return states.view(rows, tokens, heads, width // heads).transpose(1, 2)


def _rate(dropout: nn.Dropout) -> float:
    return dropout.p if dropout.training else 0.0
