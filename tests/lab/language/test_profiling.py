"""A language model costs what its blocks cost, and its backends are held against plain torch on them."""

import pytest

from app.lab.competitors import build_competitor
from app.lab.evaluation import evaluate_competitor
from app.lab.language.story import compare_with_counts, describe_tokens, tell_scores
from app.lab.profiling import count_operations, measure_inference, prepare_backends
from tests.lab.language.conftest import ATTENTION, ENCODER, LENGTH, TABLE


@pytest.mark.parametrize("architecture", [ATTENTION, TABLE, ENCODER], ids=lambda entry: entry.name)
def test_backends_are_compared_on_blocks_of_the_text(train, songs, hidden_songs, architecture):
    examples = hidden_songs if architecture is ENCODER else songs
    trained, _ = train(architecture, examples, epochs=1)
    names = ("torch", "torch-bf16")
    found = prepare_backends(trained, examples, names=names, metric="perplexity", max_length=LENGTH)
    plain, half = found.records
    assert plain.agreement == 1.0
    assert half.available
    assert half.agreement > 0.8
    assert half.score == pytest.approx(plain.score, rel=0.05)
    timings = measure_inference(
        trained, examples, batch_sizes=[2], sequence_lengths=[16], max_length=LENGTH, backends=found.ready
    )
    assert {timing.backend for timing in timings} == set(names)
    operations = count_operations(trained, examples, max_length=LENGTH)
    assert operations.tokens_per_example == LENGTH
    assert (operations.flops_per_example == 0) == (architecture is TABLE)  # a table multiplies nothing


def test_the_page_tells_tokens_scores_and_counts(train, songs):
    trained, _ = train(ATTENTION, songs, epochs=1)
    evaluation = evaluate_competitor(trained, songs, "perplexity")
    competitor = build_competitor(ATTENTION, songs, max_length=LENGTH, seed=0)
    assert list(describe_tokens(competitor, songs)["split"]) == ["train", "validation", "test"]
    table = compare_with_counts(trained, evaluation)
    assert list(table.index) == ["unigram, counted", "bigram, counted", "this model"]
    assert table.loc["this model", "perplexity"] == pytest.approx(evaluation.primary.value, abs=1e-3)
    assert f"({evaluation.outputs.scored:,} tokens of a vocabulary of" in tell_scores(evaluation)


def test_a_masked_models_figures_are_named_so_that_nobody_takes_them_for_anothers(train, hidden_songs):
    trained, _ = train(ENCODER, hidden_songs, epochs=1)
    told = tell_scores(evaluate_competitor(trained, hidden_songs, "perplexity"))
    assert told.startswith("perplexity of hidden tokens ")
    told = tell_scores(evaluate_competitor(trained, hidden_songs, "pseudo_perplexity"))
    assert told.startswith("pseudo-perplexity (of a sample; no causal model's figure compares) ")
