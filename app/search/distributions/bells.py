"""Numbers around a middle: the normal distribution and its kin, and the beta distribution.

What is drawn evenly is a probability; the quantile function maps it to the value.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Any, Literal, Self

from pydantic import model_validator

from app.search.distributions.distribution import Distribution, Domain, Range
from app.search.distributions.numbers import NotNegative, Number, Step, StepOrNone, round_to
from app.validation import refuse

__all__ = ["TAIL", "Beta", "Normal"]

TAIL = 0.001  # is cut off at each end: every value has to be one that can be run


class Normal(Distribution):
    """The normal distribution, or that of numbers whose logarithm is normal."""

    mu: Number = 0.0
    sigma: NotNegative = 1.0
    q: StepOrNone = None
    distribution: Literal["normal", "q_normal", "log_normal", "q_log_normal"]

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.q is not None and not self.distribution.startswith("q_"):
            raise refuse(f"{self.distribution} is not rounded; write q_{self.distribution}, or leave q out", at=("q",))
        return self

    @property
    def domain(self) -> Domain:
        return Range(TAIL, 1 - TAIL)

    def value_of(self, drawn: Any) -> Any:
        number = NormalDist(self.mu, self.sigma).inv_cdf(drawn) if self.sigma > 0 else float(self.mu)
        number = math.exp(min(number, 700.0)) if "log" in self.distribution else number
        return round_to(number, 1 if self.q is None else self.q) if self.distribution[:2] == "q_" else number


class Beta(Distribution):
    """The beta distribution."""

    a: Step = 1.0  # W&B takes 0 too, of which nothing can be drawn
    b: Step = 1.0
    q: StepOrNone = None
    distribution: Literal["beta", "q_beta"]

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.q is not None and self.distribution == "beta":
            raise refuse("beta is not rounded; write q_beta, or leave q out", at=("q",))
        return self

    @property
    def domain(self) -> Domain:
        return Range(TAIL, 1 - TAIL)

    def value_of(self, drawn: Any) -> Any:
        from scipy.special import betaincinv  # 0.2 s that no other distribution has to wait for

        number = float(betaincinv(self.a, self.b, drawn))
        return round_to(number, 1 if self.q is None else self.q) if self.distribution == "q_beta" else number
