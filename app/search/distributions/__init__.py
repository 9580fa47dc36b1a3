"""What a sweep file says of one parameter: which values it can take, and how they are drawn.

The distributions are those of W&B, defined as in its public code (github.com/wandb/sweeps, `params.py`). Each is drawn
evenly from a domain, a range or a set of choices, and what was drawn is mapped to the value: for those that are neither
even nor logarithmic the domain is a probability, and the map the quantile function.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.search.distributions.bells import TAIL, Beta, Normal
from app.search.distributions.choices import Categorical, Constant, Weighted, label_values
from app.search.distributions.distribution import Choices, Distribution, Domain, Range
from app.search.distributions.ranges import LARGEST_GRID, IntUniform, LogUniform, QUniform, Uniform

__all__ = [
    "DISTRIBUTIONS",
    "LARGEST_GRID",
    "TAIL",
    "Choices",
    "Distribution",
    "Domain",
    "Range",
    "infer_distribution",
    "label_values",
]

DISTRIBUTIONS: Mapping[str, type[Distribution]] = {
    "constant": Constant,
    "categorical": Categorical,
    "categorical_w_probabilities": Weighted,
    "int_uniform": IntUniform,
    "uniform": Uniform,
    "q_uniform": QUniform,
    **dict.fromkeys(("log_uniform", "log_uniform_values", "q_log_uniform", "q_log_uniform_values"), LogUniform),
    **dict.fromkeys(("inv_log_uniform", "inv_log_uniform_values"), LogUniform),
    **dict.fromkeys(("normal", "q_normal", "log_normal", "q_log_normal"), Normal),
    **dict.fromkeys(("beta", "q_beta"), Beta),
}


def infer_distribution(fields: Mapping[str, Any]) -> str | None:
    """The name of the distribution that W&B takes these keys for, where they do not name it; None: none."""
    if "value" in fields:
        return "constant"
    if "values" in fields:
        return "categorical_w_probabilities" if "probabilities" in fields else "categorical"
    if "min" in fields and "max" in fields:
        whole = all(isinstance(fields[name], int) and not isinstance(fields[name], bool) for name in ("min", "max"))
        return "int_uniform" if whole else "uniform"
    return None
