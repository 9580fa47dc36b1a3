"""Hypergradient descent: the learning rate is learned too, from how each gradient lies to the step before it.

Baydin et al. 2018, arXiv 1703.04782, SGD-HD and Adam-HD, which AdaTune has too. The loss would have been lower with a
larger last step if the gradient now points the way of that step: so the rate rises by their product, and falls where it
is negative. One rate is learned for the whole model; groups keep the proportions of their rates.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.optim.optimizer import ParamsT

__all__ = ["HypergradientAdam", "HypergradientSGD"]


class _Hypergradient(torch.optim.Optimizer):
    """What moves the rate; a child says in which direction a weight goes.

    A group's `lr` is what it was given, `scheduled_lr` what it has come to.
    """

    def __init__(self, params: ParamsT, defaults: dict[str, Any]) -> None:
        super().__init__(params, defaults)
        self._given = max(group["lr"] for group in self.param_groups)
        self._rate = self._given

    @property
    def _rate(self) -> float:
        """What the rate has come to; kept with the groups, so that the state of the optimiser has it."""
        return float(self.param_groups[0]["learned_rate"])

    @_rate.setter
    def _rate(self, value: float) -> None:
        self.param_groups[0]["learned_rate"] = value

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> None:  # type: ignore[override]
        assert closure is None  # nobody here evaluates the model again within a step
        gradients = {weight: self._gradient(weight, group) for group, weight in self._moving()}
        products = [
            torch.sum(gradients[weight] * self.state[weight]["direction"]) * (group["lr"] / self._given)
            for group, weight in self._moving()
            if self.state[weight]
        ]
        if products:  # a rate below zero would climb: the paper leaves that to its user
            learned = self.param_groups[0]["hypergradient_rate"] * float(torch.stack(products).sum())
            self._rate = max(self._rate + learned, 0.0)
        for group in self.param_groups:
            group["scheduled_lr"] = self._rate * group["lr"] / self._given
        for group, weight in self._moving():
            state = self.state[weight]
            state["direction"] = self._direction(gradients[weight], group, state)
            weight.add_(state["direction"], alpha=-group["scheduled_lr"])

    def _moving(self) -> list[tuple[dict[str, Any], torch.Tensor]]:
        return [(group, weight) for group in self.param_groups for weight in group["params"] if weight.grad is not None]

    def _gradient(self, weight: torch.Tensor, group: dict[str, Any]) -> torch.Tensor:
        """With the weight decay in it, as the authors have it."""
        assert weight.grad is not None
        return weight.grad.add(weight, alpha=group["weight_decay"])

    def _direction(self, gradient: torch.Tensor, group: dict[str, Any], state: dict[str, Any]) -> torch.Tensor:
        raise NotImplementedError


class HypergradientSGD(_Hypergradient):
    """SGD-HD, with a momentum if asked for."""

    def __init__(
        self, params: ParamsT, lr: float, hypergradient_rate: float, momentum: float = 0.0, weight_decay: float = 0.0
    ) -> None:
        """Train `params`; the rate itself is learned with the rate `hypergradient_rate`."""
        own = {"hypergradient_rate": hypergradient_rate, "momentum": momentum}
        super().__init__(params, {"lr": lr, "weight_decay": weight_decay, **own})

    def _direction(self, gradient: torch.Tensor, group: dict[str, Any], state: dict[str, Any]) -> torch.Tensor:
        if not state:
            return gradient
        last: torch.Tensor = state["direction"]
        return gradient.add(last, alpha=group["momentum"])


class HypergradientAdam(_Hypergradient):
    """Adam-HD."""

    def __init__(
        self,
        params: ParamsT,
        lr: float,
        hypergradient_rate: float,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        """Train `params`; the rate itself is learned with the rate `hypergradient_rate`."""
        own = {"hypergradient_rate": hypergradient_rate, "betas": betas, "eps": eps}
        super().__init__(params, {"lr": lr, "weight_decay": weight_decay, **own})

    def _direction(self, gradient: torch.Tensor, group: dict[str, Any], state: dict[str, Any]) -> torch.Tensor:
        first, second = group["betas"]
        if not state:
            state.update(step=0, mean=torch.zeros_like(gradient), square=torch.zeros_like(gradient))
        state["step"] += 1
        state["mean"].lerp_(gradient, 1 - first)
        state["square"].mul_(second).addcmul_(gradient, gradient, value=1 - second)
        mean = state["mean"] / (1 - first ** state["step"])
        square = state["square"] / (1 - second ** state["step"])
        direction: torch.Tensor = mean / (square.sqrt() + group["eps"])
        return direction
