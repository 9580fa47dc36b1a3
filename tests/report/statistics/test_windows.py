"""A perplexity's interval is over windows, and what is behind is behind whether more or less is better."""

import numpy as np
import pandas
import pytest

from app.report.statistics.windows import Likelihoods, likelihood_interval, paired_likelihoods, read_likelihoods


def drawn(mean: float, seed: int, windows: int = 400) -> Likelihoods:
    random = np.random.default_rng(seed)
    tokens = random.integers(20, 60, windows)
    return Likelihoods(tokens, (tokens * random.normal(mean, 0.3, windows))[None])


def test_the_estimate_is_the_perplexity_of_all_tokens():
    found = drawn(1.5, 0)
    whole = found.nll.sum() / found.tokens.sum()
    assert likelihood_interval(found, "perplexity").estimate == pytest.approx(np.exp(whole))
    assert likelihood_interval(found, "loss").estimate == pytest.approx(whole)


def test_the_interval_holds_the_truth_about_as_often_as_it_says():
    held = [likelihood_interval(drawn(1.5, seed), "loss", resamples=400) for seed in range(100)]
    assert 88 <= sum(bounds.low <= 1.5 <= bounds.high for bounds in held) <= 100


def test_a_worse_model_is_behind_by_a_positive_distance():
    leader = drawn(1.5, 0)
    worse = Likelihoods(leader.tokens, leader.nll + 0.1 * leader.tokens)
    behind = paired_likelihoods(leader, worse, "loss")
    assert behind.estimate == pytest.approx(0.1)
    assert behind.low == pytest.approx(0.1)  # window by window the same: nothing is left to chance
    assert paired_likelihoods(leader, worse, "perplexity").excludes_zero


def test_models_with_other_tokens_are_not_compared():
    assert paired_likelihoods(drawn(1.5, 0), drawn(1.5, 1), "loss") is None


def test_files_with_other_windows_or_none_give_nothing(tmp_path):
    for name, tokens in (("a", [3, 4]), ("b", [4, 3])):
        pandas.DataFrame({"id": [0, 1], "tokens": tokens, "nll": [1.0, 2.0]}).to_parquet(tmp_path / name)
    one = read_likelihoods([tmp_path / "a"])
    assert one.tokens.tolist() == [3, 4]
    assert read_likelihoods([tmp_path / "a", tmp_path / "b"]) is None
    assert read_likelihoods([tmp_path / "gone"]) is None
