"""What the runs behind the leaderboard cost, as tables: the model with its training, and its answers."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from app.report.page.markup import Cell, Column, Table
from app.report.page.wording import count, duration, energy, memory, percent, rate
from app.report.sections.inference import pick_shapes
from app.report.statistics.leaderboard import Row
from app.report.statistics.standings import Standing
from app.results import Cost

__all__ = ["cost_table", "timing_table"]

LEADERS = 100  # architectures in a table
NOT_AVAILABLE = "not available"


def cost_table(standings: Sequence[Standing]) -> Table:
    """The size of each model, what its training took, and the operations of an answer."""
    shown = [standing.row for standing in standings[:LEADERS] if standing.row.runs]
    is_metered = any(row.energy_joules is not None for row in shown)
    rows = []
    for row in shown:
        cost = next((run.cost for run in row.runs if run.cost), None)
        cells: list[Cell | str | Markup] = [
            row.architecture,
            Cell(count(row.parameters), memory(row.model_bytes)),
            Cell(duration(row.train_seconds), f"{rate(row.train_samples_per_second)} rows/s"),
            Cell(memory(row.peak_memory_bytes), _while_training(cost)),
        ]
        if is_metered:
            cells.append(NOT_AVAILABLE if row.energy_joules is None else energy(row.energy_joules))
        cells.append(Cell(_operations(cost), _reached(cost)))
        rows.append(cells)
    meter = "" if is_metered else " Energy is not available: no meter of the machine could be read."
    return Table(
        "Training without evaluation, the mean over seeds at the best setting; the most memory that any of them held. "
        "Operations are those of one forward pass over a row of average length; below, the largest share of the "
        f"machine's limit that plain torch reached (MFU).{meter}{_left_out(len(standings) - LEADERS)}",
        (
            Column("architecture"),
            Column("parameters", "size of the weights", number=True),
            Column("training", "speed", number=True),
            Column("peak memory", "while training", number=True),
            *([Column("energy", "training", number=True)] if is_metered else []),
            Column("operations", "share of the limit", number=True),
        ),
        rows,
    )


def timing_table(standings: Sequence[Standing]) -> Table:
    """The times of plain forward passes at the smallest shapes and the largest, that every run of its kind has."""
    costs: list[tuple[Row, Cost]] = []
    for row in (standing.row for standing in standings[:LEADERS]):
        costs += [(row, run.cost) for run in row.runs[:1] if run.cost]
    every = sorted({(t.batch_size, t.sequence_length) for _, cost in costs for t in cost.plain_inference})
    shapes = pick_shapes(every)
    rows: list[list[Cell | str | Markup]] = []
    for row, cost in costs:
        timings = {(t.batch_size, t.sequence_length): t for t in cost.plain_inference}
        found = [timings.get(shape) for shape in shapes]
        cells = [Cell(duration(t.p50_seconds), f"p95 {duration(t.p95_seconds)}") if t else Cell("–") for t in found]
        rows.append([row.architecture, *cells])
    return Table(
        "One forward pass of plain torch, or of scikit-learn for a baseline, at each batch size and length in tokens: "
        "median over repetitions, 95th percentile below; of the first seed at the best setting."
        + _left_out(len(standings) - LEADERS),
        (
            Column("architecture"),
            *(Column(f"{batch} × {length}", "rows × tokens", number=True) for batch, length in shapes),
        ),
        rows,
    )


def _while_training(cost: Cost | None) -> str:
    return (
        memory(cost.stage_peak_memory_bytes["training"]) if cost and "training" in cost.stage_peak_memory_bytes else ""
    )


def _operations(cost: Cost | None) -> str:
    return count(cost.flops_per_example if cost else None)


def _reached(cost: Cost | None) -> str:
    shares = [timing.mfu for timing in cost.plain_inference if timing.mfu is not None] if cost else []
    return percent(max(shares)) if shares else ""


def _left_out(number: int) -> str:
    return f" {number:,} more architectures are left out here; results.csv has every run." if number > 0 else ""
