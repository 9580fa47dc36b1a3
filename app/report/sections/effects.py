"""What mattered: how much of the variance of the scores each hyperparameter explains, and the seed."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence

from markupsafe import Markup

from app.report.gather import Record
from app.report.page.markup import Cell, Column, Fragment, Table
from app.report.page.wording import listing, percent, plain, plain_name, score
from app.report.statistics.effects import Sensitivity, Share, mean_share, measure_sensitivity
from app.results import RunResult

__all__ = ["effect_answer", "effect_table"]

SEED, TOGETHER = "seed", "together"
SATURATED = 0.99  # share by chance from which on a factor has a value for nearly every run
VALUES = 4  # of a hyperparameter that are listed


def effect_answer(record: Record) -> Fragment:
    """Which hyperparameter mattered most, or that none was varied; and which runs diverged."""
    sentences = [_verdict(measure_sensitivity(record)), _divergent(record)]
    return Fragment(Markup("").join(Markup("<p>{}</p>").format(text) for text in sentences if text))


def effect_table(record: Record) -> Table | Fragment:
    """What each varied hyperparameter, all of them together and the seed explain; empty where none was varied."""
    measured = measure_sensitivity(record)
    if not measured.varied or not measured.effects:
        return Fragment(Markup(""))
    rows = [
        (
            Cell(plain_name(name), _values(name, measured)),
            percent(mean_share(shares)),
            _range(shares),
            percent(_by_chance(shares)),
        )
        for name, shares in _factors(measured).items()
    ]
    uneven = not all(effect.is_balanced for effect in measured.effects)
    return Table(
        "Share of the variance of the validation scores, over all complete runs of an architecture, that each main "
        "effect explains (eta squared), what hyperparameters do only together, and the seed within a setting; the mean "
        "over architectures. What does nothing explains something too, by chance."
        + (" Some runs are missing or the grid is not whole: shares overlap." if uneven else ""),
        (
            Column("varied", "values"),
            Column("explains", "mean", number=True),
            Column("lowest to highest", "over architectures", number=True),
            Column("by chance", "if it did nothing", number=True),
        ),
        rows,
    )


def _factors(measured: Sensitivity) -> dict[str, list[Share]]:
    """The hyperparameters, what explains most first; then what they do together, and the seed."""
    found = {name: measured.shares(name) for name in measured.varied}
    found |= {TOGETHER: measured.interactions, SEED: measured.seed}
    return {name: shares for name, shares in found.items() if shares}


def _verdict(measured: Sensitivity) -> str:
    if not measured.points:
        return "No run with hyperparameters has a score on validation yet."
    if not measured.varied:
        return _of_the_seed_alone(measured)
    factors = _factors(measured)
    if not factors:
        several = listing([plain_name(name) for name in measured.varied])
        return f"The scores on validation are all equal: {several} made no difference."
    first, *others = sorted(factors, key=lambda name: -mean_share(factors[name]))
    chance = _by_chance(factors[first])
    if SEED not in factors and chance > SATURATED:
        only = plain_name(first).capitalize()
        return f"{only} was varied with one seed to a setting: what it does and what chance does are not told apart."
    share = percent(mean_share(factors[first]))
    subject = {
        SEED: "The seed mattered more than any hyperparameter",
        TOGETHER: "Which values come together mattered more than any hyperparameter by itself",
    }.get(first, f"{plain_name(first).capitalize()} mattered most")
    number = len(measured.effects)
    text = f"{subject}: it explains {share} of the variance of the validation scores"
    text += f", the mean over {number} architectures" if number > 1 else ""
    names = {TOGETHER: "what they do only together", SEED: "the seed"}
    rest = [f"{names.get(name, plain_name(name))} {percent(mean_share(factors[name]))}" for name in others]
    text += f"; {listing(rest)}." if rest else "."
    if first not in (SEED, TOGETHER) and mean_share(factors[first]) <= chance:
        text += " That is no more than chance would give it."
    return text if SEED in factors else f"{text} With one seed to a setting, effect and chance are not told apart."


def _of_the_seed_alone(measured: Sensitivity) -> str:
    several = [own for own in measured.points.values() if len(own) > 1]
    if not several:
        return "Nothing was varied: each architecture has one setting and one seed."
    spans = [max(point.score for point in own) - min(point.score for point in own) for own in several]
    text = "Nothing was varied but the seed. Between the best seed of an architecture and the worst the score on "
    text += f"validation differs by {score(math.fsum(spans) / len(spans))}"
    return f"{text}, the mean over {len(spans)} architectures." if len(spans) > 1 else f"{text}."


def _divergent(record: Record) -> str:
    """The runs that came to nothing, by name: those that count all the same, and those without a number to count."""
    runs = [run for run in record.complete if run.hyperparameters]
    counted = [run.run_id for run in runs if run.divergent and _has_score(run)]
    lost = [run.run_id for run in runs if not _has_score(run)]
    texts = []
    if counted:
        texts.append(
            f"Divergent: {listing(counted)}. {'They count' if len(counted) > 1 else 'It counts'} all the same."
        )
    if lost:
        texts.append(f"Without a finite score on validation, and left out here: {listing(lost)}.")
    return " ".join(texts)


def _has_score(run: RunResult) -> bool:
    name = run.primary.name if run.primary else ""
    return math.isfinite(run.metrics.get("validation", {}).get(name, math.nan))


def _values(name: str, measured: Sensitivity) -> str:
    points = [point for own in measured.points.values() for point in own]
    if name == TOGETHER:
        return "beyond the sum of each"
    if name == SEED:
        return f"{len({point.run.seed for point in points})} seeds, within a setting"
    values = list({json.dumps(point.value(name), default=str): point.value(name) for point in points}.values())
    if all(isinstance(value, int | float) for value in values):
        values = sorted(values)  # type: ignore[type-var]
    if len(values) <= VALUES:
        return ", ".join(map(plain, values))
    return f"{len(values)} values, {plain(values[0])} to {plain(values[-1])}"


def _by_chance(shares: Sequence[Share]) -> float:
    return math.fsum(share.by_chance for share in shares) / len(shares)


def _range(shares: Sequence[Share]) -> str:
    told = [share.explained for share in shares]
    return f"{percent(min(told))} to {percent(max(told))}" if len(told) > 1 else "–"
