"""What an answer costs: every architecture behind every backend, at every batch size and length."""

from __future__ import annotations

import math
from collections.abc import Sequence

from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from app.drawing import INK, MARKERS, PALETTE, Picture, draw, fit_name, new_figure, tidy
from app.report.page.markup import Cell, Column, Fragment, Table
from app.report.page.wording import duration, listing, memory, score
from app.report.sections.axes import around, set_log_axis
from app.report.statistics.leaderboard import Row
from app.report.statistics.standings import Standing
from app.results import BackendRecord, Cost, InferenceCost

__all__ = ["backend_table", "inference_figure", "pick_shapes"]

WIDTH = 680
ROWS = 12  # architectures in a panel, the best
PANELS = 6  # shapes
LINES = 100  # of the table
SPREAD = 0.6  # of a row, that its backends take up
MARKS = ("torch", "torch-bf16", "torch-compile", "onnxruntime", "onnxruntime-int8", "sklearn")  # as PALETTE has them
Shape = tuple[int, int]


def inference_figure(standings: Sequence[Standing]) -> Picture | None:
    """The median time of a forward pass, a panel a shape (rows x tokens), a line an architecture, a mark a backend.

    A bar is the 95 % interval of the median, where one was recorded; a hollow mark says that time was up before that
    interval was narrow. Of the first seed at the best setting.
    """
    measured = [(row, cost) for row, cost in _costs(standings) if cost.inference]
    shown = measured[:ROWS]
    every = sorted({(timing.batch_size, timing.sequence_length) for _, cost in shown for timing in cost.inference})
    if not every:
        return None
    shapes = pick_shapes(every)
    backends = [name for name in MARKS if any(t.backend == name for _, cost in shown for t in cost.inference)]
    columns = min(2, len(shapes))
    lines = math.ceil(len(shapes) / columns)
    height = 58 + (14 + 4 * len(backends)) * len(shown)
    figure, axes = new_figure(WIDTH, 50 + lines * height, rows=lines, columns=columns, sharey=True)
    for panel, shape in zip(axes, shapes, strict=False):
        _draw_panel(panel, shape, [cost for _, cost in shown], backends)
    axes[0].set_yticks(range(len(shown)), [fit_name(row.architecture) for row, _ in shown])
    axes[0].set_ylim(len(shown) - 0.5, -0.5)
    for panel in axes[len(shapes) :]:
        panel.set_visible(False)
    handles = [
        Line2D([], [], color=PALETTE[MARKS.index(name)], marker=MARKERS[MARKS.index(name)], linestyle="", label=name)
        for name in backends
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=min(4, len(handles)), frameon=False, fontsize=11)
    remarks = [
        f"the best {ROWS} architectures; {len(measured) - ROWS} more left out" if len(measured) > ROWS else "",
        f"{len(shapes)} of {len(every)} shapes" if len(every) > len(shapes) else "",
    ]
    if any(remarks):
        figure.supxlabel("; ".join(filter(None, remarks)), fontsize=11, color=INK)
    return draw(figure, _describe(shown, shapes[0], backends, len(shapes)))


def backend_table(standings: Sequence[Standing]) -> Table | Fragment:
    """Each backend of each architecture beside plain torch; a sentence where there is none but plain torch."""
    compared = [(row, cost) for row, cost in _costs(standings) if any(b.name != "torch" for b in cost.backends)]
    if not compared:
        text = "The models were asked through plain torch alone; inference.backends names other engines to compare."
        return Fragment(Markup("<p>{}</p>").format(text))
    rows = [_line(row, cost, record) for row, cost in compared for record in cost.backends]
    smallest = min((_shape(timing) for _, cost in compared for timing in cost.inference), default=(1, 1))
    beyond = len(rows) - LINES
    return Table(
        "Each backend against plain torch: how much faster one forward pass of "
        f"{smallest[0]} × {smallest[1]} tokens is, and whether it still says the "
        "same, on rows of the reported split. Of the first seed at the best setting."
        + (f" {beyond:,} more lines are left out here; each run's page has its own." if beyond > 0 else ""),
        (
            Column("architecture", "backend"),
            Column("speed-up", "over plain torch", number=True),
            Column("same prediction", number=True),
            Column("logits", "largest difference", number=True),
            Column("score", "again", number=True),
            Column("how it was made", "size of its file", kind="wide"),
        ),
        rows[:LINES],
    )


def pick_shapes(shapes: Sequence[Shape], most: int = PANELS) -> list[Shape]:
    """All shapes, or `most` of them, the first and the last among them and the others evenly between."""
    if len(shapes) <= most:
        return list(shapes)
    return [shapes[round(place * (len(shapes) - 1) / (most - 1))] for place in range(most)]


def _costs(standings: Sequence[Standing]) -> list[tuple[Row, Cost]]:
    """Each row with the cost of its first seed."""
    first = ((standing.row, next((run.cost for run in standing.row.runs if run.cost), None)) for standing in standings)
    return [(row, cost) for row, cost in first if cost]


def _draw_panel(panel: Axes, shape: Shape, costs: Sequence[Cost], backends: Sequence[str]) -> None:
    tidy(panel, grid="both")
    panel.set_title(f"{shape[0]} {'row' if shape[0] == 1 else 'rows'} of {shape[1]} tokens", loc="left", fontsize=12)
    here = [[timing for timing in cost.inference if _shape(timing) == shape] for cost in costs]
    known = [t.p50_seconds for timings in here for t in timings if math.isfinite(t.p50_seconds) and t.p50_seconds > 0]
    if known:
        low, high = around(known)
        set_log_axis(panel, low, high, duration)
    marks: dict[tuple[str, bool], list[tuple[float, float]]] = {}
    bars: dict[str, list[tuple[float, float]]] = {}
    for line, timings in enumerate(here):
        own = [timing for timing in timings if timing.p50_seconds in known and timing.backend in backends]
        for number, timing in enumerate(own):
            height = line + SPREAD * (number - (len(own) - 1) / 2) / max(1, len(backends) - 1)
            is_hollow = timing.repeats > 0 and not timing.settled
            marks.setdefault((timing.backend, is_hollow), []).append((timing.p50_seconds, height))
            if timing.median_low_seconds is not None and timing.median_high_seconds is not None:
                ends = [(timing.median_low_seconds, height), (timing.median_high_seconds, height), (math.nan, height)]
                bars.setdefault(timing.backend, []).extend(ends)
    for backend, ends in bars.items():
        panel.plot(*zip(*ends, strict=True), color=PALETTE[MARKS.index(backend)])
    for (backend, is_hollow), places in marks.items():
        colour, mark = PALETTE[MARKS.index(backend)], MARKERS[MARKS.index(backend)]
        fill = "none" if is_hollow else colour
        panel.plot(*zip(*places, strict=True), mark, mec=colour, mfc=fill, markersize=6)


def _line(row: Row, cost: Cost, record: BackendRecord) -> list[Cell | str | Markup]:
    if not record.available:
        why = Cell(f"not available: {record.reason}" if record.reason else "not available", kind="failed")
        return [Cell(row.architecture, record.name), "–", "–", "–", "–", why]
    return [
        Cell(row.architecture, record.name),
        _speed_up(cost, record.name),
        Cell("–" if record.agreement is None else f"{100 * record.agreement:.1f} %", f"of {record.rows} rows"),
        "–" if record.largest_logit_difference is None else f"{record.largest_logit_difference:.2g}",
        score(record.score),
        Cell(record.made or "–", memory(record.size_bytes) if record.size_bytes else ""),
    ]


def _speed_up(cost: Cost, backend: str) -> str:
    """How many times as fast as plain torch, at the smallest shape that both were timed at."""
    plain = {_shape(timing): timing.p50_seconds for timing in cost.inference if timing.backend == "torch"}
    own = {_shape(timing): timing.p50_seconds for timing in cost.inference if timing.backend == backend}
    shape = min(plain.keys() & own.keys(), default=None)
    if shape is None or not own[shape] > 0:
        return "–"
    ratio = plain[shape] / own[shape]
    return f"{ratio:.0f} ×" if ratio >= 100 else f"{ratio:.2f} ×"


def _describe(shown: Sequence[tuple[Row, Cost]], shape: Shape, backends: Sequence[str], panels: int) -> str:
    told = []
    for row, cost in shown:
        times = [f"{t.backend} {duration(t.p50_seconds)}" for t in cost.inference if _shape(t) == shape]
        told += [f"{row.architecture}: {', '.join(times)}"] if times else []
    return (
        f"Median time of a forward pass behind {listing(list(backends))}, {panels} panels. "
        f"{shape[0]} × {shape[1]} tokens: {'; '.join(told)}."
    )


def _shape(timing: InferenceCost) -> Shape:
    return timing.batch_size, timing.sequence_length
