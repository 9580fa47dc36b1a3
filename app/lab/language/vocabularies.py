"""Vocabularies that lose nothing of a text: its characters, and pairs of bytes."""

from __future__ import annotations

import json
from collections.abc import Sequence

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, processors, trainers

__all__ = ["learn_byte_pairs", "list_characters"]

PIECES = 4096  # at most, bytes among them
MIN_FREQUENCY = 2


def list_characters(texts: Sequence[str], special: Sequence[str]) -> Tokenizer:
    """Every character of `texts` is a token, the end of a line among them; `special` come first.

    A character that the texts lack is `special[1]`, the unknown one. Pairs and single texts are marked as BERT's are.
    """
    known = sorted({"\n"}.union(*texts))
    ids = {token: number for number, token in enumerate([*special, *known])}
    tokenizer = Tokenizer(models.WordLevel(ids, unk_token=special[1]))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")
    tokenizer.decoder = decoders.Fuse()
    _add_special(tokenizer, special)
    return tokenizer


def learn_byte_pairs(texts: Sequence[str], special: Sequence[str]) -> Tokenizer:
    """Byte-pair encoding of bytes, as GPT-2 has it, with its merges learned from `texts`: no text is unknown to it."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(
        texts,
        trainers.BpeTrainer(
            vocab_size=PIECES,
            min_frequency=MIN_FREQUENCY,
            # in this order, so that ties between merges are settled alike in every process
            special_tokens=[*special, *sorted(pre_tokenizers.ByteLevel.alphabet())],
            show_progress=False,
        ),
    )
    # a second one around the same merges, since the first takes every single byte for a special token
    learned = json.loads(tokenizer.to_str())["model"]
    whole = Tokenizer(models.BPE(learned["vocab"], [tuple(merge) for merge in learned["merges"]]))
    whole.pre_tokenizer, whole.decoder = tokenizer.pre_tokenizer, tokenizer.decoder
    _add_special(whole, special)
    return whole


def _add_special(tokenizer: Tokenizer, special: Sequence[str]) -> None:
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in special])
    _, _, begin, end, _ = special
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{begin} $A {end}",
        pair=f"{begin} $A {end} $B:1 {end}:1",
        special_tokens=[(token, tokenizer.token_to_id(token)) for token in (begin, end)],
    )
