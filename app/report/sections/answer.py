"""The answer of a benchmark in a sentence or five, each of them computed from its statistics."""

from __future__ import annotations

import math
from collections.abc import Sequence

from app.report.gather import Record
from app.report.page.wording import counted, fraction, interval, listing, metric_name, rate, score
from app.report.statistics.standings import Standing, find_power
from app.tasks import LANGUAGE

__all__ = ["answer"]


def answer(record: Record, standings: Sequence[Standing]) -> tuple[str, ...]:
    """What the benchmark found, the main sentence first. Plain text, names as they are."""
    ranked = [standing for standing in standings if math.isfinite(standing.row.score)]
    if not ranked or record.primary is None:
        return (_nothing(record),)
    leader, *others = ranked
    metric = metric_name(record.primary.name, record.dataset.kind)
    sentences = [_lead(leader, others, metric)]
    if record.primary.direction == "min":
        sentences.append(f"The lower the {metric} the better.")
    if leader.interval:
        name, low, high = leader.row.architecture, score(leader.interval.low), score(leader.interval.high)
        sentences.append(f"With 95 % confidence {_over(record, leader)}, {name} lies between {low} and {high}.")
    baseline = next((standing for standing in ranked if standing.row.is_baseline), None)
    if baseline and baseline is not leader:
        sentences.append(_against(baseline, "below" if record.primary.direction == "max" else "above"))
    sentences += _power(record, ranked)
    unfinished = len(record.unfinished)
    if unfinished:
        sentences.append(f"{unfinished} of {len(record.entries)} runs have no score; they are named below.")
    if record.stopped:
        number = len(record.stopped)
        sentences.append(f"{counted(number, 'run')} {'was' if number == 1 else 'were'} stopped early by the search.")
    return tuple(sentences)


def _nothing(record: Record) -> str:
    failed = sum(entry.result is not None for entry in record.unfinished)
    if record.stopped and not failed:
        return f"No run has a score: {len(record.stopped)} of {len(record.entries)} were stopped early by the search."
    if failed:
        return f"No run has a score: {failed} of {len(record.entries)} failed, each named below with its cause."
    return f"None of the {len(record.entries)} planned runs has been made yet."


def _lead(leader: Standing, others: Sequence[Standing], metric: str) -> str:
    name, reached = leader.row.architecture, f"{metric} {score(leader.row.score)}"
    if not others:
        return f"{name} reaches {reached}; there is nothing to compare it with."
    if all(other.row.score == leader.row.score for other in others):
        return f"All {len(others) + 1} architectures reach {reached}: nothing tells them apart."
    constant = next((standing for standing in (leader, *others) if standing.row.family == "majority"), None)
    if constant and (constant is leader or constant.within_noise):
        baseline = constant.row.architecture
        return f"Nothing was learned: no architecture is better than {baseline} by more than noise."
    if leader.row.is_baseline:
        name = f"{name}, a baseline,"
    models = [other for other in others if not other.row.is_baseline]
    close = [model for model in models if model.within_noise]
    if close:
        return f"{name} leads at {reached}; {_within_noise(leader, close)}"
    second = (models or others)[0]
    text = f"{name} leads at {reached}; {second.row.architecture} follows, "
    text += f"{score(abs(leader.row.score - second.row.score))} behind"
    if not second.behind:
        return f"{text}."
    counted_too = "" if second.behind.seeds_known else ", though what another seed would give is not known"
    return f"{text}, which is more than noise ({interval(second.behind)}){counted_too}."


def _over(record: Record, leader: Standing) -> str:
    """Over what the leader's interval is, in words."""
    split = record.primary.split if record.primary else "test"
    units = f"the {split} {'text' if record.dataset.kind in LANGUAGE else 'examples'}"
    if leader.estimate and leader.estimate.seeds.is_known:
        return f"over {units}" if leader.row.is_baseline else f"over {units} and over seeds"
    return f"over {units} alone (with one seed, what another would give is not known)"


def _power(record: Record, ranked: Sequence[Standing]) -> list[str]:
    """The smallest difference that could have been seen, where there are two models to tell apart."""
    smallest = find_power(ranked)
    models = [standing for standing in ranked if standing.estimate and not standing.row.is_baseline]
    if smallest is None or len(models) < 2 or models[0].estimate is None or record.primary is None:
        return []
    units = models[0].estimate.units
    what = "windows of text" if record.dataset.kind in LANGUAGE else "examples"
    seeds = max(standing.row.seeds for standing in models)
    return [
        f"With {rate(units)} {record.primary.split} {what} and {counted(seeds, 'seed')}, a difference of "
        f"{score(smallest)} between two models would be found four times in five; a smaller one may be there "
        "and not be seen."
    ]


def _within_noise(leader: Standing, close: Sequence[Standing]) -> str:
    """The part after the semicolon: who cannot be told from the leader, the smallest of them by its size."""
    sized = [standing for standing in close if standing.row.parameters]
    smallest = min(sized, key=lambda standing: standing.row.parameters or 0, default=close[0])
    size, own = smallest.row.parameters or 0, leader.row.parameters or 0
    others = [standing.row.architecture for standing in close if standing is not smallest]
    text = f"{smallest.row.architecture} is within noise of it"
    if size and own and size < own * 0.9:
        text += f" at {fraction(size / own)} of the size"
    return f"{text}, and so {'is' if len(others) == 1 else 'are'} {listing(others)}." if others else f"{text}."


def _against(baseline: Standing, side: str) -> str:
    text = f"The best baseline, {baseline.row.architecture}, reaches {score(baseline.row.score)}"
    if baseline.behind is None:
        return f"{text}."
    if baseline.within_noise:
        return f"{text}, which is within noise of the leader."
    return f"{text}: {interval(baseline.behind)} {side} the leader."
