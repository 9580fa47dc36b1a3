"""Filling templates: `{slot}` becomes one of the slot's phrases."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from random import Random

__all__ = ["fill"]

_SLOT = re.compile(r"\{(\w+)\}")


def fill(random: Random, template: str, slots: Mapping[str, Sequence[str]]) -> str:
    """The template with each `{slot}` replaced, from left to right, by a phrase drawn for it.

    Raises:
        KeyError: the template names a slot that `slots` lacks.
    """
    return _SLOT.sub(lambda match: random.choice(slots[match[1]]), template)
