"""What a packaged language model writes: one token after the other, each seeing as many back as in training."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from app.serving.engine.engine import Engine
from app.serving.engine.tokens import Encoded

__all__ = ["generate"]

START = "\n\n"  # before a text that begins with nothing: songs stand after a blank line


def generate(engine: Engine, prompt: str, *, length: int, temperature: float, seed: int) -> Iterator[str]:
    """Yield the text that goes on from `prompt`, a token's worth at a time.

    Args:
        engine: of a package of the kind causal-lm.
        prompt: the beginning; it is not repeated.
        length: tokens to draw.
        temperature: divides the logits: below 1 likely tokens become likelier; 0 takes the likeliest.
        seed: of the draws; the same gives the same text.
    """
    tokenizer, window = engine.encoder.tokenizer, engine.manifest.max_length
    random = np.random.default_rng(seed)
    special = [token for token, added in tokenizer.get_added_tokens_decoder().items() if added.special]
    tokenizer_ids = _ids_of(engine, prompt or START) or [0]
    tokens, told = list(tokenizer_ids), tokenizer.decode(tokenizer_ids)
    for _ in range(length):
        seen = np.asarray(tokens[1 - window :], dtype=np.int64)
        row = Encoded.of(seen)
        weights = engine.compute([row])[0, -1].astype(np.float64)
        weights[special] = -np.inf
        tokens.append(_choose(weights, temperature, random))
        text = tokenizer.decode(tokens)
        if not text.endswith("�"):  # half of a character: the next token brings the rest
            yield text[len(told) :]
            told = text


def _ids_of(engine: Engine, text: str) -> list[int]:
    """The tokens of all of the text, however long: the last ones are seen, not the first."""
    tokenizer = engine.encoder.tokenizer
    found = tokenizer.encode(text, add_special_tokens=False)
    return [*found.ids, *(token for part in found.overflowing for token in part.ids)]


def _choose(weights: npt.NDArray[np.float64], temperature: float, random: np.random.Generator) -> int:
    if temperature <= 0:
        return int(weights.argmax())
    scaled = np.exp((weights - weights.max()) / temperature)
    return int(random.choice(len(scaled), p=scaled / scaled.sum()))
