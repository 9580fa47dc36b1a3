"""Matrices as cells: the more of the colour, the more there is, on light paper and on dark."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from app.drawing import MODEL, fit_name

__all__ = ["draw_cells", "draw_names"]

DARKEST = 0.6  # of the colour: text on it stays readable on either paper
WIDE = 5  # columns: fewer leave the rest of the figure free, rather than being bars


def draw_cells(axes: Axes, shades: NDArray[np.float64], texts: Sequence[Sequence[str]], *, size: float = 10.5) -> None:
    """A cell for each number from 0 to 1, with its text in it; none where it is nan. Rows go downwards."""
    rows, columns = shades.shape
    for (row, column), shade in np.ndenumerate(shades):
        if np.isnan(shade):
            continue
        box = Rectangle((column + 0.02, row + 0.03), 0.96, 0.94, facecolor=MODEL, alpha=DARKEST * float(shade), lw=0)
        axes.add_patch(box)
        axes.text(column + 0.5, row + 0.5, texts[row][column], ha="center", va="center", fontsize=size)
    axes.set(xlim=(0, max(columns, WIDE)), ylim=(rows, 0))
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0, pad=4)


def draw_names(axes: Axes, below: Sequence[str], beside: Sequence[str]) -> None:
    """The names of columns, slanted where they are many or long, and of rows."""
    below, beside = [fit_name(name) for name in below], [fit_name(name) for name in beside]
    slanted = len(below) > 6 or sum(map(len, below)) > 70
    turned = {"rotation": 40, "ha": "right", "rotation_mode": "anchor"} if slanted else {}
    axes.set_xticks(np.arange(len(below)) + 0.5, below, **turned)  # type: ignore[arg-type]
    axes.set_yticks(np.arange(len(beside)) + 0.5, beside)
