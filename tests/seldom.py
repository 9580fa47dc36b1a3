"""Cases of a parametrised test that are left to `make test-slow`, since others of it stand for them."""

from __future__ import annotations

from typing import Any

import pytest

__all__ = ["seldom"]


def seldom(*values: Any) -> Any:
    """The values of one case."""
    return pytest.param(*values, marks=pytest.mark.slow)
