"""Models of real sizes and texts of real lengths, made from a seed: what training and inference are measured on."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = [
    "MODELS",
    "SHAPES",
    "Workload",
    "make_model",
    "make_texts",
    "make_tokenizer",
    "parse_workload",
    "training_flops",
]

VOCABULARY = 30_522
LABELS = 77
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
ZIPF = 1.1  # exponent: how often the n-th most frequent word comes up, as in natural text
BATCH = 32  # rows, for everyone


@dataclass(frozen=True)
class Size:
    """What of a BERT configuration makes its size."""

    layers: int
    width: int
    heads: int
    intermediate: int


MODELS = {
    "toy": Size(1, 32, 2, 64),
    "minilm-l6": Size(6, 384, 12, 1536),  # MiniLM-L6-H384: 22.7 M parameters
    "bert-base": Size(12, 768, 12, 3072),  # 109 M
}


@dataclass(frozen=True)
class Shape:
    """How long texts are, in tokens with [CLS] and [SEP]: log-normal, cut to [least, most]."""

    median: float
    sigma: float
    least: int
    most: int  # also what a text is padded to where all are padded alike


SHAPES = {
    "short": Shape(14.5, 0.50, 6, 128),  # BANKING77: mean 16.4
    "mixed": Shape(175.0, 0.65, 16, 256),  # IMDb cut to 256: a third of the reviews are longer
    "full": Shape(128.0, 0.0, 128, 128),
}


@dataclass(frozen=True)
class Workload:
    """A model, and how many texts of which shape."""

    model: str
    shape: str
    rows: int
    steps: int  # batches that a padded competitor is timed for; its rate is the same over all rows

    @property
    def max_length(self) -> int:
        return SHAPES[self.shape].most


def parse_workload(description: str | None) -> Workload:
    """The workload of a competitor's command line: `--model minilm-l6 --shape short --rows 512 --steps 8`."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--model", choices=sorted(MODELS), default="minilm-l6")
    parser.add_argument("--shape", choices=sorted(SHAPES), default="short")
    parser.add_argument("--rows", type=int, default=512)
    parser.add_argument("--steps", type=int, default=8, help="batches of 32, for those who pad; 0: all rows")
    return Workload(**vars(parser.parse_args()))


def make_texts(shape: str, rows: int, seed: int = 0) -> tuple[list[str], list[int], list[int]]:
    """Texts, their lengths in tokens, and labels that have nothing to do with them; each of length `rows`."""
    random = np.random.default_rng(seed)
    form = SHAPES[shape]
    drawn = np.round(form.median * np.exp(form.sigma * random.standard_normal(rows)))
    lengths = np.clip(drawn, form.least, form.most).astype(int)
    weights = 1.0 / np.arange(1, VOCABULARY - len(SPECIAL) + 1) ** ZIPF
    words = random.choice(len(weights), size=int(lengths.sum()) - 2 * rows, p=weights / weights.sum())
    ends = np.cumsum(lengths - 2)
    texts = [" ".join(map(_word, part)) for part in np.split(words, ends[:-1])]
    return texts, lengths.tolist(), random.integers(0, LABELS, rows).tolist()


def make_tokenizer() -> Any:
    """BERT's tokenizer over a vocabulary of made-up words, each of them one piece."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    pieces = [*SPECIAL, *(_word(number) for number in range(VOCABULARY - len(SPECIAL)))]
    tokenizer = Tokenizer(models.WordPiece({piece: place for place, piece in enumerate(pieces)}, unk_token="[UNK]"))  # noqa: S106
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    names = dict(zip(("pad_token", "unk_token", "cls_token", "sep_token", "mask_token"), SPECIAL, strict=True))
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **names)


def make_model(name: str) -> Any:
    """A BERT classifier of that size with random weights, the same each time; on the CPU, in evaluation mode."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification

    torch.manual_seed(0)
    size = MODELS[name]
    config = BertConfig(
        vocab_size=VOCABULARY,
        hidden_size=size.width,
        num_hidden_layers=size.layers,
        num_attention_heads=size.heads,
        intermediate_size=size.intermediate,
        num_labels=LABELS,
    )
    return BertForSequenceClassification(config).eval()


def training_flops(model: str, lengths: Sequence[int]) -> float:
    """Floating-point operations a row, on average, of a training step over rows of these lengths.

    Per token and layer a forward pass takes 8 h² for the four projections of attention, 4 h i for the feed-forward
    part and 4 t h for scores and values over t tokens; the backward pass takes twice that. Embeddings, norms and the
    head are left out, and so is padding: this is work that has to be done.
    """
    size = MODELS[model]
    tokens = np.asarray(lengths, dtype=float)
    dense = tokens * (8 * size.width**2 + 4 * size.width * size.intermediate)
    attention = 4 * size.width * tokens**2
    return float(3 * size.layers * (dense + attention).mean())


def _word(number: int) -> str:
    """A made-up word for each number, without end: `ba`, `be`, ... `bababe`."""
    letters = ""
    number += 10_500  # three syllables or more
    while number:
        number, syllable = divmod(number, 100)
        letters += "bcdfghjklmnprstvwxyz"[syllable // 5] + "aeiou"[syllable % 5]
    return letters
