"""How likely a transformer finds a text: token by token from left to right, or the tokens that are hidden from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt
import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from app.lab.datasets import Split
from app.lab.language.losses import Sampled, TokenLosses
from app.lab.language.masks import Hidden, body_length, hide_fixed, pick_blocks, wrap_blocks
from app.lab.language.stream import Ids, Stream, encode_stream, plan_windows
from app.tasks import CAUSAL

__all__ = ["score_text"]

TOKENS = 8192  # of a batch
NUMBERS = 2**25  # logits of a batch at most: 128 MiB

Floats = npt.NDArray[np.float64]


@torch.inference_mode()
def score_text(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    split: Split,
    *,
    kind: str,
    precision: str,
    sampled: bool = True,
) -> TokenLosses:
    """The losses of a split, in windows of as many tokens as the split says.

    A causal model scores every token but the first. A masked one scores 15 % of them, hidden at places that are the
    same every time, and where `sampled` is set the tokens of some blocks, each of them hidden alone.
    """
    assert split.running is not None
    model.train(False)
    stream = encode_stream(split, tokenizer)
    with torch.autocast(model.device.type, torch.bfloat16, enabled=precision == "bf16"):
        if kind == CAUSAL.name:
            return _score_causal(model, tokenizer, stream, split.running.window)
        return _score_masked(model, tokenizer, stream, split.running.window, sampled)


def _score_causal(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, stream: Stream, window: int
) -> TokenLosses:
    windows = list(plan_windows(len(stream.ids), window))
    length = windows[0].end - windows[0].start
    inputs = np.stack([stream.ids[place.start : place.start + length] for place in windows])
    nll = np.empty(len(windows))
    for rows in _batches(model, len(windows), length):
        losses = _token_losses(model, inputs[rows][:, :-1], inputs[rows][:, 1:])
        # the loss of token t of a window is at t - 1
        nll[rows] = [
            losses[number, windows[row].scored - windows[row].start - 1 :].sum() for number, row in enumerate(rows)
        ]
    return TokenLosses(
        tokens=np.asarray([place.end - place.scored for place in windows]),
        nll=nll,
        texts=tuple(tokenizer.batch_decode([stream.ids[place.scored : place.end].tolist() for place in windows])),
        vocabulary=model.config.vocab_size,
        characters=stream.characters,
    )


def _score_masked(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, stream: Stream, window: int, sampled: bool
) -> TokenLosses:
    hidden = hide_fixed(stream.ids, body_length(tokenizer, window))
    sample = None
    if sampled:
        some = pick_blocks(hidden.blocks)
        body = some.shape[1]
        each = Hidden(np.repeat(some, body, axis=0), np.tile(np.eye(body, dtype=bool), (len(some), 1)))
        sample = Sampled(some.size, float(_score_hidden(model, tokenizer, each).sum()))
    return TokenLosses(
        tokens=hidden.mask.sum(axis=1),
        nll=_score_hidden(model, tokenizer, hidden),
        texts=tuple(tokenizer.batch_decode(hidden.blocks.tolist())),
        vocabulary=model.config.vocab_size,
        sampled=sample,
    )


def _score_hidden(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, hidden: Hidden) -> Floats:
    """The summed loss of the hidden tokens of each block, all of them shown as the mask."""
    shown = wrap_blocks(np.where(hidden.mask, tokenizer.mask_token_id, hidden.blocks), tokenizer)
    true = wrap_blocks(hidden.blocks, tokenizer)
    first = int(tokenizer.cls_token_id is not None)
    nll = np.empty(len(shown))
    for rows in _batches(model, len(shown), shown.shape[1]):
        losses = _token_losses(model, shown[rows], true[rows])[:, first : first + hidden.blocks.shape[1]]
        nll[rows] = np.where(hidden.mask[rows], losses, 0).sum(axis=1)
    return nll


def _token_losses(model: PreTrainedModel, inputs: Ids, targets: Ids) -> Floats:
    """The loss of each target at its place, of shape (rows, tokens)."""
    ids = torch.from_numpy(inputs).to(model.device)
    forward: Callable[..., object] = model
    logits = forward(input_ids=ids, attention_mask=torch.ones_like(ids)).logits.float()  # type: ignore[attr-defined]
    wanted = torch.from_numpy(targets).to(model.device)
    losses = torch.nn.functional.cross_entropy(logits.flatten(0, 1), wanted.flatten(), reduction="none")
    found: Floats = losses.view(wanted.shape).double().cpu().numpy()
    return found


def _batches(model: PreTrainedModel, rows: int, length: int) -> Iterator[npt.NDArray[np.int64]]:
    size = max(1, min(TOKENS, NUMBERS // model.config.vocab_size) // length)
    for start in range(0, rows, size):
        yield np.arange(start, min(start + size, rows))
