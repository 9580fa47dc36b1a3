"""Losses of windows: a perplexity is exp of the mean over all tokens, whatever the windows' lengths."""

import numpy as np
import pandas as pd
import pytest

from app.report.statistics.samples.windows import Windows, read_windows


@pytest.fixture
def losses():
    random = np.random.default_rng(0)
    tokens = random.integers(20, 60, 400)
    return tokens, tokens * random.normal(1.5, 0.3, (2, 400))


def test_the_score_is_that_of_all_tokens(losses):
    tokens, nll = losses
    whole = nll.sum(-1) / tokens.sum()
    weights = np.ones((400, 1))
    assert Windows("loss", np.arange(400), tokens, nll).score(weights)[:, 0] == pytest.approx(whole)
    assert Windows("perplexity", np.arange(400), tokens, nll).score(weights)[:, 0] == pytest.approx(np.exp(whole))


def test_a_window_that_comes_up_twice_counts_twice(losses):
    tokens, nll = losses
    weights = np.zeros((400, 1))
    weights[[3, 7], 0] = [2, 1]
    expected = (2 * nll[:, 3] + nll[:, 7]) / (2 * tokens[3] + tokens[7])
    assert Windows("loss", np.arange(400), tokens, nll).score(weights)[:, 0] == pytest.approx(expected)


def test_files_with_other_windows_or_none_give_nothing(tmp_path):
    for name, tokens in (("a", [3, 4]), ("b", [4, 3])):
        pd.DataFrame({"id": [0, 1], "tokens": tokens, "nll": [1.0, 2.0]}).to_parquet(tmp_path / name)
    one = read_windows([tmp_path / "a"], "loss")
    assert one.tokens.tolist() == [3, 4]
    assert one.key != read_windows([tmp_path / "b"], "loss").key
    assert read_windows([tmp_path / "a", tmp_path / "b"], "loss") is None
    assert read_windows([tmp_path / "gone"], "loss") is None
