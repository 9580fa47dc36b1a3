"""The hand all figures are drawn in: one palette, one size of type, the colours of the page around them."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.text import Text

__all__ = [
    "BASELINE",
    "INK",
    "LIMIT",
    "MARKERS",
    "MODEL",
    "PALETTE",
    "POINTS_PER_INCH",
    "Picture",
    "draw",
    "fit_name",
    "new_figure",
    "tidy",
]

# Okabe & Ito, Color Universal Design (2008): told apart by colour-blind readers; 3:1 on white and on black
MODEL = "#0072B2"
LIMIT = "#D55E00"
BASELINE = "#7f7f7f"
# for what is told apart within a figure, each with a mark of its own: colour is never all there is to go by
PALETTE = (MODEL, LIMIT, "#009E73", "#CC79A7", "#B8860B", BASELINE)
MARKERS = ("o", "s", "^", "D", "v", "P")
INK = "#010203"  # stands for the page's own text colour

STYLE: Any = {  # matplotlib types the 300 keys there are, each by its name
    "svg.fonttype": "none",  # text stays text: selectable, and in the reader's font
    "svg.hashsalt": "report",  # the same drawing from the same data
    "font.size": 12,
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "text.parse_math": False,  # a name may hold a dollar sign
}
POINTS_PER_INCH = 72
LONGEST = 36  # letters of a name in a figure: longer ones would leave the figure itself no room


@dataclass(frozen=True)
class Picture:
    """A finished drawing, and what it shows in words. The last value of a notebook cell: Jupyter shows it."""

    svg: str
    alt: str

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, str], dict[str, str]]:
        return {"image/svg+xml": self.svg, "text/plain": self.alt}, {"alt": self.alt}


def new_figure(
    width: float, height: float, *, rows: int = 1, columns: int = 1, **options: Any
) -> tuple[Figure, list[Axes]]:
    """A figure of `width` by `height` points, and its axes, row by row."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(width / POINTS_PER_INCH, height / POINTS_PER_INCH), layout="constrained")
        axes = figure.subplots(rows, columns, squeeze=False, **options)
    return figure, [axis for row in axes for axis in row]


def tidy(axes: Axes, *, grid: str = "x") -> None:
    """Take the frame away but for the line that values are read against."""
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_alpha(0.35)
    axes.tick_params(length=0, pad=6)
    axes.grid(axis=grid, color=INK, alpha=0.12, linewidth=0.8)  # type: ignore[arg-type]
    axes.set_axisbelow(True)


def fit_name(name: str) -> str:
    """`name`, or its beginning and its end where it is longer than a figure has room for."""
    return name if len(name) <= LONGEST else f"{name[: LONGEST // 2]}…{name[1 - LONGEST // 2 :]}"


def _lay_out(figure: Figure) -> None:
    """Give everything its place, once: matplotlib itself would draw the whole figure into nothing for that."""
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.execute(figure)
        figure.set_layout_engine(None)


def draw(figure: Figure, alt: str) -> Picture:
    """The figure as SVG on no background, its text and lines in the colour of the text around it."""
    buffer = io.StringIO()
    with matplotlib.rc_context(STYLE), warnings.catch_warnings():
        # matplotlib only measures text here: letters that its own font lacks are in the reader's
        warnings.filterwarnings("ignore", r"Glyph \d+ .*missing from", UserWarning)
        for text in figure.findobj(Text):
            text.set_parse_math(False)  # what was written outside this context too
        FigureCanvasSVG(figure)  # text is measured as it will be written
        _lay_out(figure)
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    # text that was given no colour is black by default, and inherits this instead
    svg = buffer.getvalue().replace(INK, "currentColor").replace("<svg ", '<svg fill="currentColor" ', 1)
    return Picture(svg, alt)
