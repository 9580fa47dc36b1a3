"""Quality against cost: which architectures are on the front, and who is beaten by whom."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator

from app.drawing import BASELINE, INK, MODEL, Picture, draw, fit_name, new_figure, tidy
from app.report.gather import Record
from app.report.page.markup import Fragment
from app.report.page.wording import count, duration, energy, listing, metric_name, score
from app.report.sections.axes import around, set_log_axis
from app.report.sections.names import Named, name_points
from app.report.statistics.leaderboard import Row
from app.report.statistics.pareto import beaten_by, find_front
from app.report.statistics.standings import Standing

__all__ = ["cost_answer", "cost_figure"]

WIDTH, HEIGHT = 680, 250  # points; of a row of panels
LEADERS = 40  # architectures in a panel, and all baselines
SENTENCES = 4  # on who is beaten
FAR = 10.0  # times cheaper than every model: drawn beside the scale
STRIP = 0.13  # of a panel, for what is beside the scale


@dataclass(frozen=True)
class Price:
    """One thing that a model costs: of a row, nan where it is not known."""

    name: str
    label: str
    of: Callable[[Row], float]
    wording: Callable[[float | None], str]


PRICES = (
    Price("latency", "median latency, smallest batch", lambda row: row.latency_seconds, duration),
    Price("parameters", "parameters", lambda row: float(row.parameters or math.nan), count),
    Price("training time", "training time", lambda row: row.train_seconds, duration),
    Price("training energy", "energy of the training", lambda row: _or_nan(row.energy_joules), energy),
)


def cost_figure(record: Record, standings: Sequence[Standing]) -> Picture | None:
    """The score of each architecture against what it costs, a panel a cost: up and to the left is better.

    A step line joins those that no other beats in score and this cost: the Pareto front. They are in colour and have
    their names; the others are grey. A baseline is a square. One that is much cheaper than every model, or scores far
    below, stands beside the scale.
    """
    rows, left_out = _shown(standings)
    prices = _priced(rows)
    if not prices or record.primary is None:
        return None
    lower_is_better = record.primary.direction == "min"
    lines = math.ceil(len(prices) / 2)
    figure, axes = new_figure(WIDTH, 40 + HEIGHT * lines, rows=lines, columns=min(2, len(prices)), sharey=True)
    nameless = 0
    for panel, price in zip(axes, prices, strict=False):
        nameless += _draw_panel(panel, price, rows, _sign(record))
        shared = price.name.startswith("training") and not all(row.training_exclusive for row in rows)
        panel.set_xlabel(price.label + (", beside other runs" if shared else ""))
    for panel in axes[len(prices) :]:
        _explain(panel)
    metric = metric_name(record.primary.name, record.dataset.kind)
    figure.supylabel(metric + (", downwards" if lower_is_better else ""), fontsize=12, color=INK)
    remarks = [left_out, "where names would hide each other, the grey ones have none" if nameless else ""]
    if any(remarks):
        figure.supxlabel("; ".join(filter(None, remarks)), fontsize=11, color=INK)
    return draw(
        figure, f"{metric} against cost, {len(prices)} panels. {' '.join(_on_the_fronts(rows, prices, _sign(record)))}"
    )


def cost_answer(record: Record, standings: Sequence[Standing]) -> Fragment:
    """The front of each cost, and who is beaten in everything at once, in sentences."""
    rows, _ = _shown(standings)
    prices = _priced(rows)
    if not prices or record.primary is None:
        return Fragment(Markup("<p>{}</p>").format("No architecture has both a score and a cost."))
    if len(rows) == 1:
        name = rows[0].architecture
        return Fragment(
            Markup("<p>{}</p>").format(f"{name} is alone here: there is nothing to weigh its cost against.")
        )
    sentences = [*_on_the_fronts(rows, prices, _sign(record)), *_who_is_beaten(rows, prices, _sign(record))]
    return Fragment(Markup("<p>{}</p>").format(" ".join(sentences)))


def _shown(standings: Sequence[Standing]) -> tuple[list[Row], str]:
    finite = [standing.row for standing in standings if math.isfinite(standing.row.score)]
    shown = [row for place, row in enumerate(finite) if place < LEADERS or row.is_baseline]
    left_out = len(finite) - len(shown)
    return shown, f"the best {LEADERS}; {left_out} more left out" if left_out else ""


def _priced(rows: Sequence[Row]) -> list[Price]:
    """The costs that are known of at least one of the rows."""
    return [price for price in PRICES if any(_is_priced(row, price) for row in rows)]


def _is_priced(row: Row, price: Price) -> bool:
    return math.isfinite(price.of(row)) and price.of(row) > 0


def _sign(record: Record) -> float:
    """What turns a score into a value of which less is better."""
    return 1.0 if record.primary and record.primary.direction == "min" else -1.0


def _front(rows: Sequence[Row], price: Price, sign: float) -> tuple[str, ...]:
    priced = [row for row in rows if _is_priced(row, price)]
    return find_front({row.architecture: (sign * row.score, price.of(row)) for row in priced})


def _draw_panel(panel: Axes, price: Price, rows: Sequence[Row], sign: float) -> int:
    """Returns how many points have no name."""
    tidy(panel, grid="both")
    priced = [row for row in rows if _is_priced(row, price)]
    models = [row for row in priced if not row.is_baseline] or priced
    cheapest = min(map(price.of, models))
    beside = sorted((row for row in priced if price.of(row) * FAR < cheapest), key=price.of)
    low, high = around([price.of(row) for row in priced if row not in beside])
    edge = low / (high / low) ** (STRIP / (1 - STRIP)) if beside else low
    set_log_axis(panel, edge, high, price.wording, least=low)
    if beside:
        panel.axvline(low, color=INK, alpha=0.35, linestyle=(0, (1, 3)), linewidth=1)
    # from here on the less the better: signed scores
    worst, best = max(sign * row.score for row in models), min(sign * row.score for row in priced)
    span = worst - best or 0.1
    below = sorted((row for row in priced if sign * row.score > worst + span), key=lambda row: sign * row.score)
    floor = max(sign * row.score for row in priced if row not in below)
    deepest = floor + (0.2 + 0.17 * len(below)) * span
    panel.set_ylim(sign * deepest, sign * (best - 0.14 * span))
    places = {row.architecture: (price.of(row), row.score) for row in priced}
    for number, row in enumerate(beside, start=1):
        places[row.architecture] = edge * (low / edge) ** (number / (len(beside) + 1)), row.score
    for number, row in enumerate(below, start=1):
        depth = floor + 0.1 * span + (number - 0.5) * (deepest - floor - 0.1 * span) / len(below)
        places[row.architecture] = places[row.architecture][0], sign * depth
    if below:
        panel.axhline(sign * (floor + 0.1 * span), color=INK, alpha=0.35, linestyle=(0, (1, 3)), linewidth=1)
        panel.yaxis.set_major_locator(
            FixedLocator([tick for tick in panel.get_yticks() if sign * tick < floor + 0.1 * span])
        )
    front = _front(priced, price, sign)
    line = _steps([places[name] for name in front], high)
    panel.plot(*zip(*line, strict=True), color=MODEL, alpha=0.8, linewidth=1.4, zorder=1)
    named = []
    for row in priced:
        x, y = places[row.architecture]
        leads = row.architecture in front
        panel.plot(x, y, "s" if row.is_baseline else "o", color=MODEL if leads else BASELINE, markersize=8, zorder=3)
        off = price.wording(price.of(row)) if row in beside else score(row.score) if row in below else ""
        named.append(Named(x, y, fit_name(row.architecture) + (f" ({off})" if off else ""), leads))
    return name_points(panel, named, line=line)


def _explain(panel: Axes) -> None:
    """What the marks mean, in a panel that nothing else needs."""
    panel.set_axis_off()
    marks = (("o", MODEL, "no other is as good for less"), ("o", BASELINE, "another is"), ("s", INK, "a baseline"))
    handles = [Line2D([], [], marker=m, color=c, linestyle="", markersize=8, label=text) for m, c, text in marks]
    panel.legend(handles=handles, loc="center left", frameon=False, fontsize=11)


def _steps(front: Sequence[tuple[float, float]], end: float) -> list[tuple[float, float]]:
    """The corners of the best score that is to be had for a cost: it holds until a dearer point is better."""
    corners: list[tuple[float, float]] = []
    for x, y in sorted(front):
        corners += [(x, corners[-1][1])] if corners else []
        corners.append((x, y))
    return [*corners, (end, corners[-1][1])]


def _on_the_fronts(rows: Sequence[Row], prices: Sequence[Price], sign: float) -> list[str]:
    """A sentence for each different front."""
    fronts: dict[tuple[str, ...], list[str]] = {}
    for price in prices:
        fronts.setdefault(_front(rows, price, sign), []).append(price.name)
    sentences = []
    for front, names in fronts.items():
        what = listing(names)
        if len(front) == 1:
            sentences.append(f"Weighing the score against {what}, {front[0]} beats all others.")
        else:
            sentences.append(f"Weighing the score against {what}, no other beats {listing(list(front))}.")
    return sentences


def _who_is_beaten(rows: Sequence[Row], prices: Sequence[Price], sign: float) -> list[str]:
    """A sentence for each that beats others, and for what it beats them in."""
    points = {row.architecture: (sign * row.score, *(price.of(row) for price in prices)) for row in rows}
    parts = ["score", *(price.name for price in prices)]
    groups: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for name, rival in beaten_by(points).items():
        won = tuple(part for part, a, b in zip(parts, points[rival], points[name], strict=True) if a < b)
        groups.setdefault((rival, won), []).append(name)
    sentences = []
    for (rival, won), names in list(groups.items())[:SENTENCES]:
        level = [part for part in parts if part not in won]
        text = f"{listing(names)} {'is' if len(names) == 1 else 'are'} beaten by {rival} in {listing(list(won))}"
        text += " at once" if len(won) > 1 else ""
        sentences.append(f"{text}, and level with it in {listing(level)}." if level else f"{text}.")
    further = sum(len(names) for names in list(groups.values())[SENTENCES:])
    if further:
        sentences.append(f"{further} more {'is' if further == 1 else 'are'} beaten by one of the others everywhere.")
    return sentences


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else value
