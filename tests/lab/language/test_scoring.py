"""Perplexities are those of the definition, computed here by hand."""

import itertools
import math
from collections import Counter

import numpy as np
import pytest
import torch

from app.config import Dataset, Files
from app.lab.baselines import fit_counts
from app.lab.baselines.counts import BIGRAM_WEIGHT
from app.lab.competitors import build_competitor
from app.lab.datasets import load_examples
from app.lab.evaluation import evaluate_competitor
from app.lab.language.losses import TokenLosses
from app.lab.language.masks import SHARE
from app.lab.language.scoring import score_text
from app.lab.language.stream import encode_stream
from app.lab.metrics import PerplexityScores, score_losses
from app.lab.narrowing import narrow_vocabulary
from app.lab.tasks import task_of
from tests.conftest import SHARED_DATA
from tests.lab.language.conftest import ATTENTION, ENCODER, LENGTH, TABLE


def bigram_by_hand(train: str, test: str) -> float:
    """exp of the conditional entropy, by the formulas of the baseline's docstring: from counts of characters alone."""
    alphabet = len(set(train) | {"\n"}) + 5  # and the special tokens
    ones, pairs, before = Counter(train), Counter(itertools.pairwise(train)), Counter(train[:-1])
    nll = 0.0
    for a, b in itertools.pairwise(test):
        frequency = (ones[b] + 1) / (len(train) + alphabet)
        nll -= math.log((pairs[a, b] + BIGRAM_WEIGHT * frequency) / (before[a] + BIGRAM_WEIGHT))
    return math.exp(nll / (len(test) - 1))


def counted(family, examples, split="test"):
    losses = fit_counts(family, examples.splits["train"], examples.kind).predict(examples.splits[split])
    return score_losses("perplexity", losses.nll, losses.tokens), losses


def test_the_bigram_has_the_perplexity_of_its_conditional_entropy(here, songs):
    found, losses = counted("bigram", songs)
    train, test = ("\n\n".join(songs.splits[name].texts[0]) for name in ("train", "test"))
    assert found == pytest.approx(bigram_by_hand(train, test), rel=1e-9)
    assert losses.scored == len(test) - 1
    assert found < counted("unigram", songs)[0]


@pytest.mark.skipif(not SHARED_DATA.exists(), reason="the shared data are not here")
def test_the_bigram_of_tiny_shakespeare_has_it_too(here):
    file = SHARED_DATA / "tinyshakespeare" / "input.txt.gz"
    examples = load_examples(Dataset(path=Files(train=file), max_length=128), "causal-lm")
    train, test = ("\n".join(examples.splits[name].texts[0]) for name in ("train", "test"))
    assert counted("bigram", examples)[0] == pytest.approx(bigram_by_hand(train, test), abs=1e-6)


def test_a_window_as_long_as_the_text_gives_the_loss_of_the_model_itself(here, songs):
    split = songs.splits["test"].take([0])
    built = build_competitor(ATTENTION, songs, max_length=512, seed=0).built
    whole = type(split)(split.texts, (), running=type(split.running)("\n\n", "characters", 512))
    ids = torch.from_numpy(encode_stream(whole, built.tokenizer).ids)[None]
    losses = score_text(built.model, built.tokenizer, whole, kind="causal-lm", precision="fp32")
    with torch.no_grad():
        expected = built.model(input_ids=ids, labels=ids).loss.item()
    assert score_losses("loss", losses.nll, losses.tokens) == pytest.approx(expected, rel=1e-5)
    assert "".join(losses.texts) == split.texts[0][0][1:]
    short = score_text(built.model, built.tokenizer, split, kind="causal-lm", precision="fp32")  # windows of 32
    assert "".join(short.texts) == split.texts[0][0][1:]
    assert short.scored == losses.scored


@pytest.mark.slow
def test_an_attention_model_beats_the_bigram_and_a_table_comes_near_it(train, songs):
    counts, _ = counted("bigram", songs)
    table, _ = train(TABLE, songs, epochs=4, learning_rate=1e-2)
    attention, history = train(ATTENTION, songs, epochs=8, learning_rate=1e-2)
    task = task_of("causal-lm")
    test = songs.splits["test"]
    assert task.score("perplexity", table.predict(test), test) == pytest.approx(counts, rel=0.15)
    evaluation = evaluate_competitor(attention, songs, "perplexity")
    assert evaluation.primary.value < 0.8 * counts
    assert evaluation.primary.direction == "min"
    assert evaluation.divergent is None
    best = min(history.series("eval_perplexity")[1])  # the best epoch is the lowest, and is kept
    assert evaluation.scores["validation"]["perplexity"] == pytest.approx(best, rel=1e-5)


def test_bits_per_character_do_not_depend_on_how_a_text_is_cut_into_tokens(here):
    words = load_examples(Dataset(path="builtin/lyrics", vocabulary="wordpieces", limit=60, max_length=16), "causal-lm")
    letters = load_examples(Dataset(path="builtin/lyrics", limit=60, max_length=16), "causal-lm")
    task = task_of("causal-lm")
    found = []
    for examples in (words, letters):
        _, losses = counted("unigram", examples)
        bits = task.score("bits_per_character", losses, examples.splits["test"])
        assert bits == pytest.approx(losses.nll.sum() / math.log(2) / losses.characters)
        found.append((task.score("perplexity", losses, examples.splits["test"]), bits, losses.characters))
    (perplexity, bits, characters), (other_perplexity, other_bits, other_characters) = found
    assert perplexity > 2 * other_perplexity  # more to choose among
    assert bits < other_bits  # and yet less is left to say
    assert characters == pytest.approx(other_characters, abs=5)  # the first token is not scored


def test_a_masked_model_is_scored_at_the_same_places_every_time(train, verses):
    trained, _ = train(ENCODER, verses, epochs=12, learning_rate=1e-2)
    test = verses.splits["test"]
    first, second = trained.predict(test), trained.predict(test)
    assert np.array_equal(first.nll, second.nll)
    unigram = counted("unigram", verses)[1]
    assert np.array_equal(first.tokens, unigram.tokens)
    share = first.scored / (len(first.tokens) * (LENGTH - 2))
    assert share == pytest.approx(SHARE, abs=0.02)
    assert first.nll.sum() < 0.9 * unigram.nll.sum()  # what is hidden follows from what is not
    task = task_of("masked-lm")
    pseudo = task.score("pseudo_perplexity", first, test)
    assert 1 < pseudo < task.score("perplexity", unigram, test)
    assert first.sampled.tokens == len(first.tokens) * (LENGTH - 2)  # a short text is hidden from end to end
    assert first.sampled.tokens == unigram.sampled.tokens


def test_the_pseudo_perplexity_hides_each_token_alone(here, hidden_songs):
    built = build_competitor(ENCODER, hidden_songs, max_length=LENGTH, seed=0).built
    split = hidden_songs.splits["test"].take([0])
    ids = encode_stream(split, built.tokenizer).ids
    losses = score_text(built.model, built.tokenizer, split, kind="masked-lm", precision="fp32")
    nll, tokens = 0.0, 0
    body = LENGTH - 2
    for start in range(0, len(ids) // body * body, body):
        block = [built.tokenizer.cls_token_id, *ids[start : start + body].tolist(), built.tokenizer.sep_token_id]
        for place in range(1, body + 1):
            shown = torch.tensor([block])
            shown[0, place] = built.tokenizer.mask_token_id
            with torch.no_grad():
                logits = built.model(input_ids=shown).logits[0, place]
            nll -= logits.log_softmax(-1)[block[place]].item()
            tokens += 1
    assert losses.sampled.tokens == tokens
    assert losses.sampled.nll == pytest.approx(nll, rel=1e-4)


def test_the_metric_module_agrees_with_the_definition_and_needs_no_network():
    scores = PerplexityScores().compute(predictions=[2.0, 4.0], references=[1, 2], characters=3)
    assert scores == {
        "perplexity": pytest.approx(math.exp(2)),
        "loss": pytest.approx(2.0),
        "bits_per_character": pytest.approx(2 / math.log(2)),
    }
    assert math.isnan(score_losses("perplexity", [math.nan], [1]))
    assert score_losses("perplexity", [1e6], [1]) == math.inf


def test_a_model_that_is_no_better_than_a_guess_is_divergent():
    task = task_of("causal-lm")
    losses = TokenLosses(np.array([10]), np.array([10 * math.log(50) + 0.1]), (), vocabulary=50)
    assert task.is_at_chance(losses, None)
    assert not task.is_at_chance(TokenLosses(np.array([10]), np.array([9.0]), (), vocabulary=50), None)


def test_a_table_of_words_that_is_the_head_too_is_never_narrowed(here, songs, hidden_songs):
    for architecture, examples in ((ATTENTION, songs), (ENCODER, hidden_songs)):
        model = build_competitor(architecture, examples, max_length=LENGTH, seed=0).built.model
        assert model.get_input_embeddings().weight is model.get_output_embeddings().weight
        assert narrow_vocabulary(model, np.arange(6)) is None
