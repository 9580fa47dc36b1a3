"""How many floating-point operations a forward pass takes, by torch's own counter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode, sdpa_flop_count

__all__ = ["count_flops"]


def _count_attention(query: Any, key: Any, value: Any, *_: Any, **__: Any) -> int:
    return int(sdpa_flop_count(query, key, value))  # type: ignore[no-untyped-call]


# torch counts fused attention on GPUs only (2.13); on the CPU the same products have another name
_ON_THE_CPU: dict[Any, Any] = {torch.ops.aten._scaled_dot_product_flash_attention_for_cpu: _count_attention}


def count_flops(forward: Callable[[], object]) -> int:
    """Operations of the matrix products and convolutions in one call; a multiplication with its addition is two.

    What works element by element (softmax, norms, activations, biases) is left out, as torch and the literature do.
    """
    with FlopCounterMode(display=False, custom_mapping=_ON_THE_CPU) as counter:
        forward()
    return int(counter.get_total_flops())
