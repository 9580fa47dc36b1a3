"""Small texts and small models that all tests of language models share."""

import pytest

from app.config import Architecture, Dataset, Files
from app.lab.competitors import build_competitor, train_competitor
from app.lab.datasets import load_examples
from app.lab.history import History
from app.lab.parameters import Settings

ATTENTION = Architecture(
    name="toy",
    family="gpt2",
    config={"n_embd": 32, "n_layer": 2, "n_head": 2, "resid_pdrop": 0.0, "embd_pdrop": 0.0, "attn_pdrop": 0.0},
)
TABLE = Architecture(name="table", family="bigram-embedding", config={"logit_scale": 32.0})
ENCODER = Architecture(
    name="encoder",
    family="bert",
    config={
        "hidden_size": 32,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "intermediate_size": 64,
        "hidden_dropout_prob": 0.0,
        "attention_probs_dropout_prob": 0.0,
        "initializer_range": 0.1,
    },
)
LENGTH = 32


@pytest.fixture(scope="session")
def songs():
    return load_examples(Dataset(path="builtin/lyrics", max_length=LENGTH, limit=60), "causal-lm")


@pytest.fixture(scope="session")
def hidden_songs():
    return load_examples(Dataset(path="builtin/lyrics", max_length=LENGTH, limit=60), "masked-lm")


@pytest.fixture
def verses(here):
    """Three lines, over and over."""
    lines = [
        "the sea is wide and the night is long",
        "a bell rings over the hill at dawn",
        "come home, they sing",
    ]
    (here / "verses.txt").write_text("\n".join(lines * 200))
    files = Files(train=here / "verses.txt")
    return load_examples(Dataset(path=files, max_length=LENGTH), "masked-lm")


@pytest.fixture
def train(here):
    def one(architecture, examples, *, metric="perplexity", keep_in="", **options):
        settings = Settings(**{"learning_rate": 5e-3, "epochs": 2, "batch_size": 16, **options})
        competitor = build_competitor(architecture, examples, max_length=LENGTH, seed=settings.seed)
        history = History(metric)
        trained = train_competitor(
            competitor, examples, settings, max_length=LENGTH, metric=metric, history=history, keep_in=keep_in
        )
        return trained, history

    return one
