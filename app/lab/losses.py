"""What a training minimises: the loss of the model's head, or another of its logits and labels."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

from app.lab.parameters import Settings

if TYPE_CHECKING:
    from app.lab.competitors import Competitor

__all__ = ["IGNORED", "Loss", "balanced_weights", "build_loss", "describe_loss", "focal_loss"]

IGNORED = -100  # the label of what has none: padding, or the later pieces of a word

# of logits (..., classes) and labels (...): the sum over all labels that are not IGNORED
Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


def build_loss(settings: Settings, labels: npt.NDArray[Any], classes: int) -> Loss | None:
    """The loss that `settings` name, as a sum over labels; None: the model's head has its own.

    Args:
        settings: the loss, its gamma, label smoothing.
        labels: of the training split, of any shape, IGNORED among them or not.
        classes: how many there are.
    """
    if settings.loss == "default":
        return None
    if settings.loss == "focal":
        return lambda logits, target: focal_loss(logits, target, settings.focal_gamma)
    weights = torch.from_numpy(balanced_weights(labels, classes)) if settings.loss == "balanced" else None
    return lambda logits, target: _cross_entropy(logits, target, weights, settings.label_smoothing)


def balanced_weights(labels: npt.NDArray[Any], classes: int) -> npt.NDArray[np.float32]:
    """A weight for each class, n / (k * count), as scikit-learn's `balanced` has it: its sum over n labels is n.

    n are the labels, k the classes that occur among them. A class that does not occur has weight 0.
    """
    counts = np.bincount(labels[labels != IGNORED].ravel(), minlength=classes)
    occurring = np.count_nonzero(counts)
    weights = np.zeros(classes, dtype=np.float32)
    weights[counts > 0] = counts.sum() / (occurring * counts[counts > 0])
    return weights


def focal_loss(logits: torch.Tensor, labels: torch.Tensor, gamma: float) -> torch.Tensor:
    """The sum of -(1 - p)^gamma log p, where p is the probability of the label (Lin et al. 2017, arXiv 1708.02002).

    It counts what the model is sure of for less; with gamma 0 it is cross-entropy.
    """
    logits, labels = _flat(logits, labels)
    kept = labels != IGNORED
    surprise = functional.cross_entropy(logits[kept], labels[kept], reduction="none")
    missed = (-torch.expm1(-surprise)).clamp(min=1e-8)  # at 0 a root of it, gamma below 1, has no gradient
    return (missed**gamma * surprise).sum()


def _cross_entropy(
    logits: torch.Tensor, labels: torch.Tensor, weights: torch.Tensor | None, smoothing: float
) -> torch.Tensor:
    logits, labels = _flat(logits, labels)
    return functional.cross_entropy(
        logits,
        labels,
        weight=None if weights is None else weights.to(logits.device),
        reduction="sum",
        ignore_index=IGNORED,
        label_smoothing=smoothing,
    )


def _flat(logits: torch.Tensor, labels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    return logits.reshape(-1, logits.shape[-1]).float(), labels.reshape(-1)


def describe_loss(competitor: Competitor, settings: Settings) -> dict[str, str]:
    """Which loss the model's head has by itself, and which one this run minimises."""
    if competitor.built is None:
        return {"of this run": "a baseline minimises none of these"}
    own = _own_loss(competitor.built.model)
    smoothed = f", labels smoothed by {settings.label_smoothing:g}" if settings.label_smoothing else ""
    used = {
        "default": own,
        "cross-entropy": "cross-entropy",
        "balanced": "cross-entropy, each class weighted by n / (k * its rows)",
        "focal": f"focal loss, gamma {settings.focal_gamma:g}",
    }[settings.loss]
    return {"of the model's head": own, "of this run": used + smoothed}


def _own_loss(model: Any) -> str:
    name = type(model).__name__
    if name.endswith("ForTokenClassification"):
        return "cross-entropy, over the tokens that have a label"
    if name.endswith("ForMaskedLM"):
        return "cross-entropy, over the masked tokens"
    if name.endswith(("ForCausalLM", "LMHeadModel")):
        return "cross-entropy, of each token after those before it"
    if model.config.problem_type == "regression":
        return "mean squared error"
    return "cross-entropy"
