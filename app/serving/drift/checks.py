"""The checks for drift, made together, so that all of them cry wolf no more often than one may."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from app.report.page.wording import percent, rate, score
from app.report.statistics.comparison import adjust_holm
from app.serving.drift.domain import Domain, classify_features, classify_texts
from app.serving.drift.rows import Floats, Rows
from app.serving.drift.two_samples import (
    Measured,
    compare_accuracy,
    compare_labels,
    compare_numbers,
    compare_shares,
    wilson_interval,
)
from app.tasks import CLASSIFICATION, REGRESSION

__all__ = ["ALPHA", "LEAST_LABELLED", "LEAST_ROWS", "Check", "Findings", "Group", "Verdict", "find_drift"]

ALPHA = 0.01  # how often, at most, a look at requests that have not drifted finds drift, by all checks together
LEAST_ROWS = 100  # served rows for a verdict
LEAST_LABELLED = 30  # of these, rows that feedback has labelled, for a word on accuracy
LABELLED_SHARE = 0.9  # and the share: fewer may be those that were wrong, of which a model has always some

# how far apart the two must be at least, beside not by chance: with rows enough every difference is significant
LEAST_DISTANCE = 0.10  # Kolmogorov and Smirnov's D
LEAST_CUT = 0.05  # difference of shares
LEAST_LABELS = 0.10  # total variation beyond chance
LEAST_AREA = 0.10  # area under the ROC curve above a half
LEAST_LOSS = 0.05  # of accuracy


class Group(StrEnum):
    """What a check is about."""

    DATA = "data"
    PREDICTIONS = "predictions"
    CONFIDENCE = "confidence"
    PERFORMANCE = "performance"


class Verdict(StrEnum):
    """What a look has come to."""

    DRIFT = "drift"
    NONE = "none"
    TOO_FEW = "too few requests"


@dataclass(frozen=True, kw_only=True)
class Check:
    """One of the checks, and what came of it."""

    name: str
    group: Group
    measure: str  # what the effect is in
    effect: float
    least: float  # that the effect has to be for drift
    p_value: float
    adjusted: float = 1.0  # the p-value with all checks counted, by Holm
    before: str  # the reference in a word
    now: str  # the served rows in the same

    @property
    def is_drift(self) -> bool:
        """Whether it is more than chance brings about, and more than can be left alone."""
        return self.adjusted < ALPHA and self.effect >= self.least


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What one look at the last requests has found."""

    verdict: Verdict
    checks: tuple[Check, ...]  # drift first, then by p-value
    left_out: tuple[tuple[str, str], ...]  # checks that were not made, and why
    new_words: tuple[str, ...] = ()
    old_words: tuple[str, ...] = ()

    @property
    def drifted(self) -> tuple[Check, ...]:
        return tuple(check for check in self.checks if check.is_drift)


def find_drift(reference: Rows, served: Rows, *, kind: str, seed: int = 0) -> Findings:
    """Compare what was served with what the package was measured on.

    A check counts as drift where its p-value, adjusted for all checks of this look by Holm's procedure (Scandinavian
    Journal of Statistics 6, 1979), is below `ALPHA`, and its effect is as large as its `least`. So, where the served
    rows are drawn from what the reference was drawn from, at most 1 look in 100 finds drift, whatever the checks have
    to do with each other. With one look a day that is a false alarm in 100 days, at most, on average. Rows that come in
    bursts of a kind are not drawn one by one: the rate is not promised for them.

    Args:
        reference: of the package.
        served: since then.
        kind: of the task.
        seed: of the permutations.
    """
    shortage = [
        f"{rate(len(rows))} {what}, and {LEAST_ROWS} are needed"
        for rows, what in ((served, "requests"), (reference, "rows in the reference"))
        if len(rows) < LEAST_ROWS
    ]
    if shortage:
        return Findings(verdict=Verdict.TOO_FEW, checks=(), left_out=(("all of them", "; ".join(shortage)),))
    domain, domain_check = _check_domain(reference, served, seed)
    made = [*_check_features(reference, served), domain_check]
    left_out = []
    for check in (
        _check_predictions(reference, served, kind, seed),
        _check_confidence(reference, served),
        _check_accuracy(reference, served, kind),
    ):
        if isinstance(check, Check):
            made.append(check)
        else:
            left_out.append(check)
    adjusted = adjust_holm([check.p_value for check in made])
    settled = [replace(check, adjusted=value) for check, value in zip(made, adjusted, strict=True)]
    return Findings(
        verdict=Verdict.DRIFT if any(check.is_drift for check in settled) else Verdict.NONE,
        checks=tuple(sorted(settled, key=lambda check: (not check.is_drift, check.p_value, -check.effect))),
        left_out=tuple(left_out),
        new_words=domain.new_words,
        old_words=domain.old_words,
    )


def _check_features(reference: Rows, served: Rows) -> Iterator[Check]:
    yield _numbers("characters", Group.DATA, reference.characters, served.characters, rate)
    yield _numbers("tokens", Group.DATA, reference.tokens, served.tokens, rate)
    found = compare_numbers(reference.unknown, served.unknown)
    yield _make(
        "out of vocabulary",
        Group.DATA,
        "largest distance of the distributions",
        found,
        LEAST_DISTANCE,
        *(f"{percent(float(side.unknown.mean()))} of a text" for side in (reference, served)),
    )
    cut = compare_shares(reference.is_cut, served.is_cut)
    shares = [f"{percent(float(side.is_cut.mean()))} of texts" for side in (reference, served)]
    yield _make("cut texts", Group.DATA, "difference of shares", cut, LEAST_CUT, *shares)


def _check_domain(reference: Rows, served: Rows, seed: int) -> tuple[Domain, Check]:
    """By texts where both sides have enough, else by all features together."""
    texts = [[text for text in side.texts if text is not None] for side in (reference, served)]
    domain = classify_texts(texts[0], texts[1], seed=seed) if min(map(len, texts)) >= LEAST_ROWS else None
    name = "words" if domain else "features together"
    domain = domain or classify_features(reference, served, seed=seed)
    area = f"{percent(0.5 + domain.found.effect)} of pairs told apart"
    measure = "area under the ROC curve above a half"
    return domain, _make(name, Group.DATA, measure, domain.found, LEAST_AREA, "50 % by chance", area)


def _check_predictions(reference: Rows, served: Rows, kind: str, seed: int) -> Check | tuple[str, str]:
    if kind == REGRESSION.name:
        before, now = (_finite(side.predictions) for side in (reference, served))
        if min(len(before), len(now)) < LEAST_ROWS:
            return "predictions", "too few of them are numbers"
        return _numbers("predictions", Group.PREDICTIONS, before, now, score)
    if kind != CLASSIFICATION.name:
        return "predictions", f"of {kind} there is no one prediction for a text"
    found = compare_labels(reference.predictions, served.predictions, seed=seed)
    ranks = [Counter(side.predictions).most_common(1)[0] for side in (reference, served)]
    names = [
        f"most often {name}, {percent(number / len(side))}"
        for (name, number), side in zip(ranks, (reference, served), strict=True)
    ]
    measure = "total variation beyond chance"
    return _make("predicted labels", Group.PREDICTIONS, measure, found, LEAST_LABELS, *names)


def _check_confidence(reference: Rows, served: Rows) -> Check | tuple[str, str]:
    before, now = (side.confidence[~np.isnan(side.confidence)] for side in (reference, served))
    if min(len(before), len(now)) < LEAST_ROWS:
        return "confidence", "it is not known of enough rows: not every kind of task has one"
    return _numbers("confidence", Group.CONFIDENCE, before, now, score)


def _check_accuracy(reference: Rows, served: Rows, kind: str) -> Check | tuple[str, str]:
    """Of rows that feedback has labelled, where it has labelled nearly all: people answer where it was wrong."""
    if kind != CLASSIFICATION.name:
        return "accuracy", f"feedback is compared for {CLASSIFICATION.name} alone"
    known, right = (_right(side) for side in (reference, served))
    if len(right) < LEAST_LABELLED:
        return "accuracy", f"feedback has labelled {len(right)} of the requests, and {LEAST_LABELLED} are needed"
    if not len(known):
        return "accuracy", "the reference has no labels"
    if len(right) < LABELLED_SHARE * len(served):
        share = f"{len(right)} of {len(served)} requests"
        return "accuracy", f"feedback has labelled {share}; it is compared from {percent(LABELLED_SHARE)} on"
    low, high = wilson_interval(int(right.sum()), len(right))
    return _make(
        "accuracy",
        Group.PERFORMANCE,
        "loss",
        compare_accuracy(known, right),
        LEAST_LOSS,
        score(float(known.mean())),
        f"{score(float(right.mean()))} ({score(low)} to {score(high)} with 95 % confidence), of {len(right)} rows",
    )


def _finite(predictions: Sequence[str]) -> Floats:
    values = np.asarray([float(value) for value in predictions if value], dtype=np.float64)
    return values[np.isfinite(values)]


def _right(side: Rows) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    pairs = zip(side.predictions, side.labels, strict=True)
    return np.asarray([prediction == label for prediction, label in pairs if label is not None], dtype=np.bool_)


def _numbers(name: str, group: Group, before: Floats, now: Floats, word: Callable[[float], str]) -> Check:
    found = compare_numbers(before, now)
    middles = [f"median {word(float(np.median(side)))}" for side in (before, now)]
    return _make(name, group, "largest distance of the distributions", found, LEAST_DISTANCE, *middles)


def _make(name: str, group: Group, measure: str, found: Measured, least: float, before: str, now: str) -> Check:
    return Check(
        name=name,
        group=group,
        measure=measure,
        effect=found.effect,
        least=least,
        p_value=found.p_value,
        before=before,
        now=now,
    )
