"""Every backend says what plain torch says, at any batch size and length, and leaves the model as it was."""

import copy

import numpy as np
import pytest
import torch

from app.config import BACKENDS, FAMILIES
from app.lab.profiling.backends import draw_batch, make_backend, plain_backend
from tests.lab.profiling.models import build_tiny

# the largest difference of a logit that rounding makes, where logits are about 1
TOLERANCE = {"torch": 0.0, "torch-bf16": 0.1, "torch-compile": 1e-5, "onnxruntime": 1e-5, "onnxruntime-int8": 0.2}
SHAPES = ((1, 4, 0), (1, 64, 0), (7, 33, 4), (3, 5, 2))  # rows, tokens, of which padding in the last row


@pytest.fixture(autouse=True)
def one_thread(here):
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """A folder in which the export of the one-layer bert lies once a test has made it: it takes seconds."""
    return tmp_path_factory.mktemp("exported")


def assert_agreement(built, backend, tolerance: float) -> None:
    plain = plain_backend(built.model)
    for rows, length, padding in SHAPES:
        batch = draw_batch(built, rows=rows, length=length, padding=padding)
        logits = backend.predict(batch)
        assert logits.shape == (rows, 2)
        assert logits.dtype == np.float32
        assert np.abs(logits - plain.predict(batch)).max() <= tolerance


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow if name == "torch-compile" else ()) for name in BACKENDS]
)
def test_a_backend_agrees_with_plain_torch_and_leaves_the_model_untouched(name, exported):
    built = build_tiny("bert", layers=1)
    before = copy.deepcopy(built.model.state_dict())
    example = draw_batch(built, rows=2, length=11, padding=2)
    backend = make_backend(name, built.model, example, exported)
    assert backend.name == name
    assert_agreement(built, backend, TOLERANCE[name])
    after = built.model.state_dict()
    assert list(after) == list(before)
    assert all(after[key].dtype == value.dtype and torch.equal(after[key], value) for key, value in before.items())
    assert type(built.model).__name__ == "BertForSequenceClassification"
    assert not built.model.training


# their graphs are unlike: to quantise takes as long as to export, and the others are made of the same products
QUANTISED = ("deberta-v2", "modernbert", "convbert", "albert")
OFTEN = ("roberta",)  # tried by make test; the others by make test-slow
NOT_EXPORTED = ("longformer",)  # torch.export does not follow its windows (torch 2.13, transformers 5.23)


@pytest.mark.parametrize(
    "family",
    [
        pytest.param(family, marks=() if family in OFTEN else pytest.mark.slow)
        for family in FAMILIES
        if family not in ("bert", *NOT_EXPORTED)
    ],
)
def test_a_family_is_exported_and_quantised_and_no_file_is_left_about(family, here, tmp_path_factory):
    scratch = tmp_path_factory.mktemp("scratch")
    built = build_tiny(family, layers=1)
    example = draw_batch(built, rows=2, length=11, padding=2)
    whole = make_backend("onnxruntime", built.model, example, scratch)
    assert_agreement(built, whole, TOLERANCE["onnxruntime"])
    if family in QUANTISED:
        small = make_backend("onnxruntime-int8", built.model, example, scratch)
        assert_agreement(built, small, TOLERANCE["onnxruntime-int8"])
        assert small.size_bytes < whole.size_bytes
    assert [path.name for path in here.iterdir()] == ["cache"]


def test_padding_changes_nothing(exported):
    built = build_tiny("bert", layers=1)
    example = draw_batch(built, rows=2, length=11, padding=2)
    backend = make_backend("onnxruntime", built.model, example, exported)
    padded = draw_batch(built, rows=1, length=12, padding=5)
    bare = {name: tensor[:, :-5] for name, tensor in padded.items()}
    assert backend.predict(padded) == pytest.approx(backend.predict(bare), abs=1e-5)


def test_the_two_texts_of_a_pair_are_told_apart(exported):
    built = build_tiny("bert", layers=1)
    example = draw_batch(built, rows=2, length=11, padding=2)
    backend = make_backend("onnxruntime", built.model, example, exported)
    pair = dict(built.tokenizer("Is it?", "Are they?", return_tensors="pt"))
    logits = backend.predict(pair)
    assert logits == pytest.approx(plain_backend(built.model).predict(pair), abs=1e-5)
    single = {**pair, "token_type_ids": torch.zeros_like(pair["token_type_ids"])}
    assert np.abs(backend.predict(single) - logits).max() > 1e-3
