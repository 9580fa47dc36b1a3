"""Figures as a reader wants them: rounded, with a unit, the same everywhere."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime

from app.report.statistics.intervals import Interval
from app.tasks import MASKED

__all__ = [
    "count",
    "counted",
    "duration",
    "energy",
    "fraction",
    "interval",
    "listing",
    "memory",
    "metric_name",
    "moment",
    "percent",
    "plain",
    "plain_name",
    "points",
    "probability",
    "rate",
    "score",
    "setting",
    "signed",
]

NONE = "–"


def score(value: float | None) -> str:
    """A score with three decimals."""
    if value is None or not math.isfinite(value):
        return NONE
    return f"{round(value, 3) + 0.0:.3f}".replace("-", "−")  # no minus before a zero


def signed(value: float | None) -> str:
    """A difference of scores with its sign, three decimals."""
    if value is None or not math.isfinite(value):
        return NONE
    return score(value) if score(value).startswith("−") or round(value, 3) == 0 else f"+{score(value)}"


def probability(value: float | None) -> str:
    """A p-value with three decimals; of the least `below 0.001`."""
    return NONE if value is None else "below 0.001" if value < 0.0005 else score(value)


def points(value: float | None) -> str:
    """A score times 100 with one decimal, as tables of several tasks have it."""
    return NONE if value is None or not math.isfinite(value) else f"{100 * value:.1f}".replace("-", "−")


def interval(bounds: Interval | None) -> str:
    """The bounds alone, `0.905 to 0.921`."""
    return NONE if bounds is None else f"{score(bounds.low)} to {score(bounds.high)}"


def count(value: float | None) -> str:
    """A count in three digits: 950, 4.39 k, 22.7 M."""
    if value is None or not math.isfinite(value):
        return NONE
    for factor, unit in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if abs(value) >= factor * 0.9995:
            return f"{_three_digits(value / factor)}{unit}"
    return f"{value:.0f}"


def counted(number: int, noun: str) -> str:
    """A number with its noun: `1 seed`, `3 seeds`."""
    return f"{rate(number)} {noun}{'' if number == 1 else 's'}"


def duration(seconds: float | None) -> str:
    """A time in three digits and the unit it is best said in, from µs to h."""
    if seconds is None or not math.isfinite(seconds):
        return NONE
    for factor, unit in ((3600.0, "h"), (60.0, "min"), (1.0, "s"), (1e-3, "ms")):
        if abs(seconds) >= factor * (2.0 if factor >= 60 else 0.9995):
            return f"{_three_digits(seconds / factor)} {unit}"
    return f"{_three_digits(seconds * 1e6)} µs"


def energy(joules: float | None) -> str:
    """An energy in three digits: 0.25 J, 12.0 J, 4.20 kJ."""
    if joules is None or not math.isfinite(joules):
        return NONE
    for factor, unit in ((1e6, "MJ"), (1e3, "kJ")):
        if abs(joules) >= factor * 0.9995:
            return f"{_three_digits(joules / factor)} {unit}"
    return f"{_three_digits(joules)} J"


def rate(per_second: float | None) -> str:
    """Rows per second, without the unit."""
    return NONE if per_second is None or not math.isfinite(per_second) else f"{per_second:,.0f}".replace(",", " ")


def memory(size: float | None) -> str:
    """Bytes as KiB, MiB or GiB; of less than one of them, bytes."""
    if size is None or not math.isfinite(size):
        return NONE
    if size < 2**20:
        return f"{size / 2**10:.0f} KiB" if size >= 2**10 else f"{size:.0f} B"
    if size < 10 * 2**20:
        return f"{size / 2**20:.1f} MiB"
    return f"{size / 2**30:.2f} GiB" if size >= 2**30 else f"{size / 2**20:.0f} MiB"


def moment(time: datetime | None) -> str:
    """A date and a time of day, to the minute, with its zone."""
    return NONE if time is None else time.strftime("%Y-%m-%d %H:%M %Z").strip()


def percent(share: float) -> str:
    """A share as per cent: `34 %`, below ten `2.3 %`, and of the least `less than 0.1 %`."""
    if 0 < share < 0.001:
        return "less than 0.1 %"
    return f"{100 * share:.0f} %" if share >= 0.0995 or share == 0 else f"{100 * share:.1f} %"


def fraction(ratio: float) -> str:
    """A ratio below 1 as one says it: `a third`, `a tenth`, `85 %`."""
    words = {
        2: "half",
        3: "a third",
        4: "a quarter",
        5: "a fifth",
        10: "a tenth",
        20: "a twentieth",
        100: "a hundredth",
    }
    closest = min(words, key=lambda parts: abs(math.log(ratio * parts)))
    if abs(math.log(ratio * closest)) < 0.12:
        return words[closest]
    return f"{ratio:.0%}".replace("%", " %") if ratio >= 0.01 else "less than a hundredth"


def listing(names: list[str]) -> str:
    """Names in a sentence: `a`, `a and b`, `a, b and c`; of more than 14, twelve and how many more."""
    if len(names) > 14:
        names = [*names[:12], f"{len(names) - 12:,} more"]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else ""


def setting(hyperparameters: Mapping[str, object], names: tuple[str, ...]) -> str:
    """The named hyperparameters of a run: `learning rate 0.001, optimizer options momentum 0.8 and nesterov true`."""
    chosen = [(name.replace("_", " "), hyperparameters[name]) for name in names if name in hyperparameters]
    return ", ".join(f"{name} {plain(value)}" for name, value in chosen)


def metric_name(name: str, kind: str = "") -> str:
    """A metric's name in a configuration as a reader knows it; of a masked model's, that it is of one."""
    known = {"f1": "F1", "f1_macro": "macro F1", "f1_weighted": "weighted F1", "pseudo_perplexity": "pseudo-perplexity"}
    if kind == MASKED.name and name in ("perplexity", "loss"):
        return f"{name} of hidden tokens"
    return known.get(name, name.replace("_", " "))


def plain_name(name: str) -> str:
    """A key of a configuration as words."""
    return name.replace("_", " ")


def plain(value: object) -> str:
    """A value of a configuration as it is read aloud: `momentum 0.8 and nesterov true`."""
    if isinstance(value, Mapping):
        return " and ".join(f"{name} {plain(inner)}" for name, inner in value.items()) or "as they are"
    if isinstance(value, list | tuple):
        return " ".join(map(plain, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _three_digits(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 99.95 else f"{value:.1f}" if abs(value) >= 9.995 else f"{value:.2f}"
