"""Losses of logits and labels are what their sources say, with labels to be ignored or without."""

import numpy as np
import pytest
import torch
from sklearn.utils.class_weight import compute_class_weight
from torch.nn import functional

from app.lab.competitors import Competitor
from app.lab.losses import IGNORED, balanced_weights, build_loss, describe_loss, focal_loss
from app.lab.parameters import Settings, read_architecture

TRAIN = np.array([0, 0, 0, 0, 1, 2, 2, 0, 1, 0])


def loss_of(**changes: object):
    return build_loss(Settings(learning_rate=1, epochs=1, batch_size=1, **changes), TRAIN, 3)


@pytest.fixture
def rows():
    """Logits of texts with a class each: (rows, classes), and their labels."""
    random = torch.Generator().manual_seed(0)
    return torch.randn(7, 3, generator=random), torch.tensor([0, 2, 1, 1, 0, 2, 2])


@pytest.fixture
def tokens():
    """Logits of tokens: (rows, tokens, classes), and labels of which some are to be ignored."""
    random = torch.Generator().manual_seed(0)
    labels = torch.tensor([[0, 2, IGNORED, IGNORED], [1, IGNORED, 1, 2]])
    return torch.randn(2, 4, 3, generator=random), labels


def test_balanced_weights_are_those_of_scikit_learn():
    expected = compute_class_weight("balanced", classes=np.arange(3), y=TRAIN)
    assert balanced_weights(TRAIN, 3) == pytest.approx(expected)
    assert balanced_weights(TRAIN, 3)[TRAIN].sum() == pytest.approx(len(TRAIN))


def test_classes_that_do_not_occur_and_ignored_labels_have_no_part_in_the_weights():
    labels = np.array([[0, 1, IGNORED], [1, 1, IGNORED]])
    assert balanced_weights(labels, 4) == pytest.approx([2, 2 / 3, 0, 0])


def test_the_default_is_left_to_the_head():
    assert loss_of() is None


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_cross_entropy_is_that_of_torch_summed_over_labels(rows, tokens, smoothing):
    for logits, labels in (rows, tokens):
        found = loss_of(loss="cross-entropy", label_smoothing=smoothing)(logits, labels)
        mean = functional.cross_entropy(logits.flatten(0, -2), labels.flatten(), label_smoothing=smoothing)
        assert found == pytest.approx(float(mean) * int((labels != IGNORED).sum()), rel=1e-5)


def test_a_row_of_a_rare_class_counts_for_more(rows):
    logits, labels = rows
    each = functional.cross_entropy(logits, labels, reduction="none")
    weights = compute_class_weight("balanced", classes=np.arange(3), y=TRAIN)[labels]
    expected = float((each.numpy() * weights).sum())
    assert loss_of(loss="balanced")(logits, labels) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0])
def test_the_focal_loss_is_that_of_its_paper(tokens, gamma):
    logits, labels = tokens
    expected = 0.0
    for row, label in zip(logits.flatten(0, 1), labels.flatten().tolist(), strict=True):
        if label != IGNORED:
            chance = float(row.softmax(0)[label])
            expected -= (1 - chance) ** gamma * np.log(chance)
    assert focal_loss(logits, labels, gamma) == pytest.approx(expected, rel=1e-5)
    assert loss_of(loss="focal", focal_gamma=gamma)(logits, labels) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0])
def test_the_focal_loss_has_a_gradient_where_the_model_is_sure(gamma):
    logits = torch.tensor([[200.0, 0.0], [0.0, 200.0]], requires_grad=True)
    focal_loss(logits, torch.tensor([0, 0]), gamma).backward()
    assert torch.isfinite(logits.grad).all()
    assert logits.grad[1].abs().max() > 0.9


def test_a_batch_in_which_every_label_is_ignored_costs_nothing():
    logits, labels = torch.zeros(2, 3, requires_grad=True), torch.tensor([IGNORED, IGNORED])
    for name in ("cross-entropy", "balanced", "focal"):
        assert loss_of(loss=name)(logits, labels) == 0


def test_a_baseline_minimises_none_of_them():
    baseline = Competitor(read_architecture("majority", family="majority", checkpoint="", config={}), None)
    settings = Settings(learning_rate=1, epochs=1, batch_size=1)
    assert describe_loss(baseline, settings) == {"of this run": "a baseline minimises none of these"}
