"""What a language model writes itself: tokens drawn one after the other, or gaps that it fills."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from transformers import PreTrainedTokenizerBase

from app.lab.baselines import CountBaseline
from app.lab.competitors import Trained
from app.lab.datasets import Examples
from app.lab.language.masks import body_length, hide_fixed, wrap_blocks
from app.lab.language.stream import encode_stream
from app.lab.training import TrainedTransformer
from app.layout import RunFolder
from app.results import write_atomically
from app.tasks import MASKED

__all__ = ["fill_gaps", "keep_sample", "tokenizer_of", "write_sample"]

_GAPS = ["text", "true", "filled in", "right"]

Draw = Callable[[list[int]], npt.NDArray[np.float64]]
"""Tokens so far -> the logarithms of the probabilities of the next one, up to a constant."""


def write_sample(trained: Trained, examples: Examples, *, length: int, temperature: float, seed: int) -> str:
    """A text of `length` tokens, drawn one after the other; empty for a masked model, which writes none.

    It begins after a blank line, sees as many tokens back as in training, and is the same for the same seed.

    Args:
        trained: the model, or counts.
        examples: what it was trained on.
        length: tokens to draw.
        temperature: divides the logits: below 1 likely tokens become likelier; 0 takes the likeliest.
        seed: of the draws.
    """
    if examples.kind == MASKED.name:
        return ""
    tokenizer = tokenizer_of(trained)
    running = examples.splits["train"].running
    assert running is not None
    draw = _count_draw(trained.model) if isinstance(trained.model, CountBaseline) else _torch_draw(trained.model)
    random = np.random.default_rng(seed)
    start = tokenizer("\n\n", add_special_tokens=False)["input_ids"] or [0]
    tokens: list[int] = list(start)
    special = np.asarray(tokenizer.all_special_ids, dtype=np.int64)
    for _ in range(length):
        weights = draw(tokens[1 - running.window :])  # the last place of a block has told nothing in training
        weights[special] = -np.inf  # no text of the training split has one
        tokens.append(_choose(weights, temperature, random))
    return str(tokenizer.decode(tokens[len(start) :])).strip("\n")


def keep_sample(folder: str, sample: str) -> None:
    """Leave the text beside the run's record; an empty `folder` keeps nothing, and an empty text leaves no file."""
    if folder and sample:
        write_atomically(RunFolder(Path(folder)).sample, sample + "\n")


def fill_gaps(trained: Trained, examples: Examples, *, rows: int) -> pd.DataFrame:
    """Passages of the reported split with the gaps that a masked model is scored by, and what it puts there.

    Empty for a causal model, which cannot look past a gap.
    """
    if examples.kind != MASKED.name:
        return pd.DataFrame(columns=_GAPS)
    tokenizer = tokenizer_of(trained)
    split = examples.splits[examples.evaluated]
    assert split.running is not None
    hidden = hide_fixed(encode_stream(split, tokenizer).ids, body_length(tokenizer, split.running.window))
    table = []
    for block, mask in zip(hidden.blocks[:rows], hidden.mask[:rows], strict=True):
        shown = np.where(mask, tokenizer.mask_token_id, block)
        if isinstance(trained.model, CountBaseline):
            guesses = np.full(mask.sum(), trained.model.counts.unigram.argmax())
        else:
            guesses = _guess(trained.model, shown)[mask]
        table.append(
            {
                "text": tokenizer.decode(shown.tolist()),
                "true": ", ".join(tokenizer.convert_ids_to_tokens(block[mask].tolist())),
                "filled in": ", ".join(tokenizer.convert_ids_to_tokens(guesses.tolist())),
                "right": f"{int((guesses == block[mask]).sum())} of {int(mask.sum())}",
            }
        )
    return pd.DataFrame(table, columns=_GAPS)


def tokenizer_of(trained: Trained) -> PreTrainedTokenizerBase:
    """The tokenizer that a language model reads with, whether it is a transformer or counts."""
    model = trained.model
    if isinstance(model, CountBaseline):
        return model.tokenizer
    assert isinstance(model, TrainedTransformer)
    return model.built.tokenizer


def _count_draw(model: CountBaseline) -> Draw:
    return lambda tokens: np.log(model.counts.following(tokens[-1]))


def _torch_draw(trained: object) -> Draw:
    assert isinstance(trained, TrainedTransformer)
    model = trained.built.model.train(False)

    @torch.inference_mode()
    def draw(tokens: list[int]) -> npt.NDArray[np.float64]:
        inputs: Mapping[str, torch.Tensor] = {"input_ids": torch.tensor([tokens], device=model.device)}
        logits: npt.NDArray[np.float64] = model(**inputs).logits[0, -1].double().cpu().numpy()
        return logits

    return draw


@torch.inference_mode()
def _guess(trained: object, shown: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    assert isinstance(trained, TrainedTransformer)
    model, tokenizer = trained.built.model, trained.built.tokenizer
    ids = torch.from_numpy(wrap_blocks(shown[None], tokenizer)).to(model.device)
    first = int(tokenizer.cls_token_id is not None)
    found: npt.NDArray[np.int64] = model(input_ids=ids).logits[0, first : first + len(shown)].argmax(-1).cpu().numpy()
    return found


def _choose(weights: npt.NDArray[np.float64], temperature: float, random: np.random.Generator) -> int:
    if temperature <= 0:
        return int(weights.argmax())
    scaled = np.exp((weights - weights.max()) / temperature)
    return int(random.choice(len(scaled), p=scaled / scaled.sum()))
