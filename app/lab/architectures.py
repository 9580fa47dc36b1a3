"""From the name of an architecture to a model and its tokenizer: the only place that names model families."""

from __future__ import annotations

import contextlib
import dataclasses
import inspect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from logging import ERROR
from typing import Any

import torch
import transformers
from huggingface_hub.errors import StrictDataclassError
from tokenizers import pre_tokenizers
from transformers import (
    CONFIG_MAPPING,
    AutoTokenizer,
    PreTrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)
from transformers.utils import logging

from app.config import Architecture
from app.errors import CheckpointError, ConfigError, Problem
from app.lab.language.bigram import BigramConfig
from app.lab.tasks import Task, task_of
from app.lab.vocabulary import train_tokenizer
from app.tasks import CAUSAL, CLASSIFICATION, DECODERS, TAGGING

__all__ = ["Built", "build_model", "check_architecture"]

# what follows from the data or from the task, and is no choice of an experiment
_MANAGED = frozenset(
    {"vocab_size", "pad_token_id", "bos_token_id", "eos_token_id", "cls_token_id", "sep_token_id"}
    | {"max_position_embeddings", "is_decoder", "add_cross_attention", "use_cache", "tie_word_embeddings"}
)
# what a family's model reads from its configuration although the configuration class does not declare it
_UNDECLARED: Mapping[str, frozenset[str]] = {
    "deberta-v2": frozenset(
        {"position_buckets", "share_att_key", "norm_rel_ebd", "conv_kernel_size", "conv_act", "cls_dropout"}
    ),
    "modernbert": frozenset({"global_attn_every_n_layers"}),
}
# what configuration and model classes raise over values they cannot use: there is no class of error for it
_REFUSALS = (
    StrictDataclassError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    KeyError,
    RuntimeError,
    TypeError,
    ValueError,
)
# positions are counted from the padding id + 1
_OFFSET_POSITIONS = ("roberta", "xlm-roberta", "camembert", "mpnet", "longformer")
# says of each process's first batch that rows are padded to whole windows and that the first token sees all of them:
# both are as they should be for a classifier
_TALKATIVE = "transformers.models.longformer.modeling_longformer"
# no positions, or relative ones only: any length goes
_UNBOUNDED = ("deberta", "deberta-v2", "t5", BigramConfig.model_type)


_CLASSIFICATION, _CAUSAL = task_of(CLASSIFICATION.name), task_of(CAUSAL.name)


@dataclass(frozen=True)
class Built:
    """A model with the head for a task and the tokenizer that feeds it, on the CPU, in evaluation mode."""

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    family: str  # the transformers model type
    parameters: int  # shared weights counted once
    task: Task


def build_model(
    architecture: Architecture,
    *,
    task: Task = _CLASSIFICATION,
    labels: Sequence[str],
    texts: Sequence[str],
    max_length: int,
    vocabulary: str = "wordpieces",
) -> Built:
    """The architecture with a head for `task` and its `labels`, ready for inputs of at most `max_length` tokens.

    A checkpoint is loaded, from its folder or from the hub; anything else starts from random weights, drawn
    from torch's global generator, with a tokenizer of that `vocabulary` made from `texts`.

    Raises:
        CheckpointError: the checkpoint lacks weights of its body, or reads fewer than `max_length` tokens.
        ConfigError: the configuration to train from scratch is wrong.
    """
    if architecture.checkpoint is not None:
        model, tokenizer = _load(architecture.checkpoint, task, labels)
        _check_length(architecture.checkpoint, model.config, max_length)
    else:
        model, tokenizer = _start(architecture, task, labels, texts, max_length, vocabulary)
    tokenizer.model_max_length = max_length
    logging.get_logger(_TALKATIVE).setLevel(ERROR)
    return Built(
        model=model.eval(),  # type: ignore[no-untyped-call]
        tokenizer=tokenizer,
        family=model.config.model_type,
        parameters=sum(parameter.numel() for parameter in model.parameters()),
        task=task,
    )


def check_architecture(architecture: Architecture) -> None:
    """Return if its family takes the configuration to train from scratch; checkpoints are not looked at.

    Raises:
        ConfigError: a key that the family does not know, or values of which it cannot make a model.
    """
    if architecture.checkpoint is not None or architecture.is_baseline:
        return
    allowed = _allowed_keys(_family(architecture))
    problems = [_unknown_key(architecture, key, allowed) for key in architecture.config if key not in allowed]
    if problems:
        raise ConfigError(problems)
    task = _CAUSAL if architecture.family in DECODERS else _CLASSIFICATION
    with torch.device("meta"):  # shapes without memory: also a model of any size is checked in milliseconds
        config = _configure(architecture, task, ("a", "b"), vocabulary=8, pad=0, max_length=8)
        _from_config(architecture, task, config)


def _load(checkpoint: str, task: Task, labels: Sequence[str]) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    with _quiet():
        tokenizer = AutoTokenizer.from_pretrained(checkpoint, trust_remote_code=False)  # nosec B615  # no code, no pickle
        if task.kind == TAGGING.name:
            _take_words(tokenizer, checkpoint)
        if tokenizer.pad_token is None:  # GPT-2 has none; what is padded is masked, so that any token will do
            tokenizer.pad_token = tokenizer.eos_token
        model, report = getattr(transformers, task.auto_class).from_pretrained(
            checkpoint,
            **task.head(labels),
            use_safetensors=True,
            trust_remote_code=False,
            # some checkpoints are kept in half precision, in which AdamW loses small updates
            dtype=torch.float32,
            ignore_mismatched_sizes=True,  # for the head; the body is looked at below
            output_loading_info=True,
        )
    body = f"{model.base_model_prefix}."
    absent = [*report["missing_keys"], *(key for key, *_ in report["mismatched_keys"])]
    if random := sorted(key for key in absent if key.startswith(body) and ".pooler." not in key):
        raise CheckpointError(
            f"{checkpoint}: {len(random)} weights of a {model.config.model_type} are missing or of another "
            f"shape, {random[0]} first; its config.json and its weights do not belong together"
        )
    return model, tokenizer


def _take_words(tokenizer: PreTrainedTokenizerBase, checkpoint: str) -> None:
    """Make a tokenizer read a word by itself as it would within a text: byte-level ones then need a space before it."""
    if not tokenizer.is_fast:
        raise CheckpointError(f"{checkpoint}: its tokenizer does not tell which tokens a word becomes; give another")
    splitter = tokenizer.backend_tokenizer.pre_tokenizer
    parts: Any = splitter if isinstance(splitter, pre_tokenizers.Sequence) else [splitter]
    for part in parts:
        if isinstance(part, pre_tokenizers.ByteLevel):
            part.add_prefix_space = True


def _start(
    architecture: Architecture,
    task: Task,
    labels: Sequence[str],
    texts: Sequence[str],
    max_length: int,
    vocabulary: str,
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    tokenizer = train_tokenizer(texts, vocabulary)
    config = _configure(
        architecture, task, labels, vocabulary=len(tokenizer), pad=tokenizer.pad_token_id, max_length=max_length
    )
    model = _from_config(architecture, task, config)
    # a pair's second text is marked only for a model that has a place for the mark
    typed = "token_type_ids" in inspect.signature(model.forward).parameters
    has_types = typed and getattr(config, "type_vocab_size", 0) > 1
    tokenizer.model_input_names = ["input_ids", *(["token_type_ids"] if has_types else []), "attention_mask"]
    return model, tokenizer


def _configure(
    architecture: Architecture, task: Task, labels: Sequence[str], *, vocabulary: int, pad: int, max_length: int
) -> PreTrainedConfig:
    family = _family(architecture)
    values: dict[str, Any] = {
        "type_vocab_size": 2,
        **architecture.config,
        "vocab_size": vocabulary,
        "pad_token_id": pad,
        # some families default to ids of their own vocabulary; no classifier of ours reads them
        **dict.fromkeys(("bos_token_id", "eos_token_id", "cls_token_id", "sep_token_id")),
        "max_position_embeddings": max_length + (pad + 1 if family in _OFFSET_POSITIONS else 0),
    }
    if "type_vocab_size" not in _allowed_keys(family):
        del values["type_vocab_size"]
    try:
        return CONFIG_MAPPING[family](**values, **task.head(labels))
    except _REFUSALS as error:
        raise _refusal(architecture, error) from error


def _from_config(architecture: Architecture, task: Task, config: PreTrainedConfig) -> PreTrainedModel:
    try:
        with _quiet():
            return getattr(transformers, task.auto_class).from_config(config)  # type: ignore[no-any-return]
    except _REFUSALS as error:
        raise _refusal(architecture, error) from error


def _check_length(checkpoint: str, config: PreTrainedConfig, max_length: int) -> None:
    family = config.model_type
    positions = getattr(config, "max_position_embeddings", None)
    if positions is None or (family in _UNBOUNDED and not getattr(config, "position_biased_input", True)):
        return
    limit = positions - (config.pad_token_id + 1 if family in _OFFSET_POSITIONS else 0)
    if max_length > limit:
        raise CheckpointError(
            f"{checkpoint}: reads at most {limit} tokens, dataset.max_length is {max_length}; set it to {limit} or less"
        )


def _family(architecture: Architecture) -> str:
    if architecture.family is None:  # the door lets no such architecture in
        raise AssertionError(f"{architecture.name} has neither family nor checkpoint")
    return architecture.family


def _allowed_keys(family: str) -> frozenset[str]:
    config_class = CONFIG_MAPPING[family]
    inherited = {field.name for field in dataclasses.fields(PreTrainedConfig)}
    declared = {field.name for field in dataclasses.fields(config_class)} - inherited
    known = declared | set(config_class.attribute_map) | _UNDECLARED.get(family, frozenset())
    return frozenset(known - _MANAGED)


def _unknown_key(architecture: Architecture, key: str, allowed: frozenset[str]) -> Problem:
    if key in _MANAGED:
        reason = "follows from the data and the task; leave it out"
    else:
        close = get_close_matches(key, sorted(allowed), n=1)
        hint = f"; did you mean {close[0]}?" if close else ";"
        reason = f"is no key of the family {architecture.family}{hint} allowed: {', '.join(sorted(allowed))}"
    return Problem(where=f"architecture {architecture.name}", key=f"config.{key}", message=reason)


def _refusal(architecture: Architecture, error: Exception) -> ConfigError:
    first_lines = " ".join(str(error).split())
    message = f"the family {architecture.family} refuses these values: {first_lines or type(error).__name__}"
    return ConfigError([Problem(where=f"architecture {architecture.name}", key="config", message=message)])


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without transformers' progress bars, or its advice to train the new head: that is what follows."""
    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()  # type: ignore[no-untyped-call]
