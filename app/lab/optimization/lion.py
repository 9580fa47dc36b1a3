"""Lion: every weight moves by the same amount, in the direction that gradient and momentum agree on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.optim.optimizer import ParamsT

__all__ = ["Lion"]


class Lion(torch.optim.Optimizer):
    """Chen et al. 2023, arXiv 2302.06675; weight decay is decoupled, as in AdamW."""

    def __init__(
        self, params: ParamsT, lr: float, betas: tuple[float, float] = (0.9, 0.99), weight_decay: float = 0.0
    ) -> None:
        """Betas: of the momentum in the direction of a step, and of the momentum that is kept."""
        super().__init__(params, {"lr": lr, "betas": betas, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> None:  # type: ignore[override]
        assert closure is None  # nobody here evaluates the model again within a step
        for group in self.param_groups:
            rate, (turning, keeping) = group["lr"], group["betas"]
            weights = [weight for weight in group["params"] if weight.grad is not None]
            if not weights:
                continue
            gradients = [weight.grad for weight in weights]
            momenta = [self._momentum(weight) for weight in weights]
            directions = torch._foreach_lerp(gradients, momenta, turning)
            torch._foreach_sign_(directions)
            torch._foreach_mul_(weights, 1 - rate * group["weight_decay"])
            torch._foreach_add_(weights, directions, alpha=-rate)
            torch._foreach_lerp_(momenta, gradients, 1 - keeping)

    def _momentum(self, weight: torch.Tensor) -> torch.Tensor:
        state: dict[str, torch.Tensor] = self.state[weight]
        if not state:
            state["momentum"] = torch.zeros_like(weight)
        return state["momentum"]
