"""The smallest language model that can be trained: a table with a row of logits for each token."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from transformers import CONFIG_MAPPING, AutoConfig, AutoModelForCausalLM, PreTrainedConfig, PreTrainedModel
from transformers.modeling_outputs import CausalLMOutput

__all__ = ["BigramConfig", "BigramForCausalLM"]


class BigramConfig(PreTrainedConfig):  # type: ignore[no-untyped-call]
    """The configuration of a bigram table: its vocabulary is all there is to it."""

    model_type = "bigram-embedding"

    vocab_size: int = 8
    max_position_embeddings: int = 1  # of no use to it: it looks at one token, wherever that stands
    initializer_range: float = 0.02
    use_cache: bool = False  # there is nothing to keep; every causal model is told
    logit_scale: float = 1.0  # AdamW moves a weight by a learning rate a step at most: a scale lets logits move faster


class BigramForCausalLM(PreTrainedModel):
    """Logits of the next token, looked up by the token before it.

    The first model of Karpathy's lecture "Let's build GPT" (2023).
    """

    config_class = BigramConfig
    base_model_prefix = "table"

    def __init__(self, config: BigramConfig) -> None:
        super().__init__(config)
        self.table = nn.Embedding(config.vocab_size, config.vocab_size)
        self.post_init()  # type: ignore[no-untyped-call]

    def _init_weights(self, module: nn.Module) -> None:
        if isinstance(module, nn.Embedding):
            nn.init.normal_(module.weight, std=self.config.initializer_range)

    def get_input_embeddings(self) -> nn.Module:
        return self.table

    def set_input_embeddings(self, value: nn.Module) -> None:
        self.table = value  # type: ignore[assignment]

    def forward(
        self,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor | None = None,  # noqa: ARG002  # a token looks at itself alone
        labels: torch.Tensor | None = None,
        **options: Any,
    ) -> CausalLMOutput:
        logits = self.table(input_ids) * self.config.logit_scale
        loss = None
        if labels is not None:
            loss = self.loss_function(logits=logits, labels=labels, vocab_size=self.config.vocab_size, **options)
        return CausalLMOutput(loss=loss, logits=logits)


if BigramConfig.model_type not in CONFIG_MAPPING:
    AutoConfig.register(BigramConfig.model_type, BigramConfig)
    AutoModelForCausalLM.register(BigramConfig, BigramForCausalLM)
