"""What a notebook tells of a language model: its tokens, its scores in words, and counting held against it."""

from __future__ import annotations

import pandas as pd

from app.lab.baselines import CountBaseline
from app.lab.baselines.counts import count_tokens
from app.lab.competitors import Competitor, Trained
from app.lab.datasets import Examples
from app.lab.evaluation import Evaluation
from app.lab.language.feed import cut_training_blocks
from app.lab.language.generation import tokenizer_of
from app.lab.language.losses import TokenLosses
from app.lab.language.stream import encode_stream
from app.lab.metrics import score_losses
from app.lab.vocabulary import train_tokenizer
from app.tasks import CAUSAL, MASKED

__all__ = ["compare_with_counts", "describe_tokens", "name_score", "score_table", "tell_scores"]

_NAMES = {
    (CAUSAL.name, "loss"): "loss in nats a token",
    (MASKED.name, "perplexity"): "perplexity of hidden tokens",
    (MASKED.name, "loss"): "loss in nats a hidden token",
    (MASKED.name, "pseudo_perplexity"): "pseudo-perplexity (of a sample; no causal model's figure compares)",
}


def describe_tokens(competitor: Competitor, examples: Examples) -> pd.DataFrame:
    """Characters and tokens of each split, tokens that stand for what the vocabulary lacks, and blocks to train on."""
    train = examples.splits["train"]
    assert train.running is not None
    tokenizer = (
        competitor.built.tokenizer if competitor.built else train_tokenizer(train.texts[0], train.running.vocabulary)
    )
    rows = []
    for name, split in examples.splits.items():
        stream = encode_stream(split, tokenizer)
        blocks = len(cut_training_blocks(split, tokenizer, examples.kind)) if name == "train" else ""
        rows.append(
            {
                "split": name,
                "characters": f"{stream.characters:,}",
                "tokens": f"{len(stream.ids):,}",
                "characters a token": f"{stream.characters / len(stream.ids):.2f}",
                "unknown": f"{stream.unknown:,}",
                f"blocks of {train.running.window}": f"{blocks:,}" if blocks else "",
            }
        )
    return pd.DataFrame(rows)


def name_score(kind: str, metric: str) -> str:
    """A metric with what a reader must know not to mistake it."""
    return _NAMES.get((kind, metric), metric.replace("_", " "))


def score_table(evaluation: Evaluation) -> pd.DataFrame:
    """Every metric of every split, by names that cannot be mistaken."""
    kind = evaluation.examples.kind
    return evaluation.score_table().rename(index=lambda metric: name_score(kind, metric))


def tell_scores(evaluation: Evaluation) -> str:
    """The result in words, with what it was computed over."""
    losses: TokenLosses = evaluation.outputs
    kind, primary = evaluation.examples.kind, evaluation.primary
    sampled = losses.sampled if primary.name == "pseudo_perplexity" else None
    tokens = sampled.tokens if sampled else losses.scored
    text = f"{name_score(kind, primary.name)} {primary.value:.3f} on {primary.split} ({tokens:,} tokens of"
    text += f" a vocabulary of {losses.vocabulary:,}; lower is better)"
    return f"{text}; divergent: {evaluation.divergent}" if evaluation.divergent else text


def compare_with_counts(trained: Trained, evaluation: Evaluation) -> pd.DataFrame:
    """The model beside what counting gives, on the same tokens of the reported split.

    A model that attends to more than its neighbour has to beat the bigram by far.
    """
    examples = evaluation.examples
    train, split = examples.splits["train"], evaluation.split
    assert train.running is not None
    found: dict[str, TokenLosses] = {}
    tokenizer, size = tokenizer_of(trained), evaluation.outputs.vocabulary
    for family in ("unigram", "bigram") if examples.kind == CAUSAL.name else ("unigram",):
        # in the model's own vocabulary, which may have come with a checkpoint
        counts = count_tokens(encode_stream(train, tokenizer).ids, size, pairs=family == "bigram")
        found[f"{family}, counted"] = CountBaseline.of(counts, tokenizer, train.running, examples.kind).predict(split)
    found["this model"] = evaluation.outputs
    table = pd.DataFrame(
        {
            name: {
                "perplexity": score_losses("perplexity", losses.nll, losses.tokens),
                "loss": score_losses("loss", losses.nll, losses.tokens),
                "bits per character": score_losses("bits_per_character", losses.nll, losses.tokens, losses.characters),
            }
            for name, losses in found.items()
        }
    ).T.dropna(axis=1, how="all")
    table["of the last count's perplexity"] = [
        f"{value:.0%}" for value in table["perplexity"] / table["perplexity"].iloc[-2]
    ]
    return table.round(3)
