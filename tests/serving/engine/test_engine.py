"""A package answers as the model did that it was made of, without torch."""

import subprocess
import sys

import numpy as np
import pytest
import torch

from app.serving.engine.answers import probabilities, read_answer
from app.serving.engine.engine import Engine
from tests.conftest import PROJECT
from tests.serving.packages import TEXTS

ROWS = [(text,) for text in (*TEXTS[:4], "keys " * 100, "cabinet")]


@pytest.fixture(scope="module")
def engine(package):
    return Engine(package)


def ask_torch(classifier, text: str) -> np.ndarray:
    batch = classifier.tokenizer(text, truncation=True, max_length=32, return_tensors="pt")
    with torch.inference_mode():
        return classifier.model(**batch).logits[0].numpy()


def test_logits_are_those_of_the_model_whatever_the_rows_are_batched_with(classifier, engine):
    expected = [ask_torch(classifier, text) for (text,) in ROWS]
    rows = engine.encode(ROWS)
    for tokens in (1, 64, 4096):
        found = engine.compute_all(rows, tokens=tokens)
        assert np.allclose(found, expected, atol=1e-5)


def test_a_text_that_is_too_long_is_cut_as_in_training(engine):
    rows = engine.encode(ROWS)
    assert [row.is_cut for row in rows] == [False] * 4 + [True, False]
    assert len(rows[4]) == 32


def test_a_row_alone_is_read_as_it_is_among_others(engine):
    rows = [*ROWS, ("the key", "to the cabinet"), ("keys " * 20, "cabinet " * 40)]
    for row, among in zip(rows, engine.encode(rows), strict=True):
        (alone,) = engine.encode([row])
        assert (list(alone.ids), list(alone.types), alone.is_cut, alone.unknown) == (
            list(among.ids),
            list(among.types),
            among.is_cut,
            among.unknown,
        )


def test_words_that_the_vocabulary_lacks_are_counted(engine):
    known, unknown = engine.encode([("the key",), ("the 鍵",)])
    assert (known.unknown, unknown.unknown) == (0, 1)


def test_an_answer_names_the_likeliest_labels_first(engine):
    row, *_ = engine.encode([("The keys are rusty.",)])
    logits = engine.compute([row])[0]
    first, second = read_answer(engine.manifest, row, logits).choices
    assert {first.label, second.label} == {"no", "yes"}
    assert first.probability >= second.probability
    assert first.probability + second.probability == pytest.approx(1)
    assert first.label == ("no", "yes")[int(logits.argmax())]
    likely = sorted(probabilities(logits, engine.manifest.temperature), reverse=True)
    assert [first.probability, second.probability] == pytest.approx(likely, rel=1e-12)


def test_a_temperature_above_one_makes_less_sure_and_changes_no_order():
    logits = np.asarray([2.0, 0.0, -1.0], dtype=np.float32)
    assert np.allclose(probabilities(logits, 1.0), np.exp(logits) / np.exp(logits).sum())
    warm = probabilities(logits, 2.0)
    assert warm.max() < probabilities(logits, 1.0).max()
    assert list(np.argsort(-warm)) == [0, 1, 2]


def test_the_engine_needs_no_torch():
    code = """
import sys
import app.serving.engine.engine, app.serving.engine.answers, app.serving.engine.generation
heavy = {"torch", "transformers", "datasets", "pandas", "pyarrow", "sklearn", "scipy", "matplotlib", "wandb", "onnx"}
print(sorted(heavy & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
