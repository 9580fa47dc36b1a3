"""The text of a suite's page: the answer in a sentence or four, the figures around it, and what to know of them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from markupsafe import Markup

from app.report.page.markup import Fragment
from app.report.page.wording import duration, listing, moment, points
from app.report.sections.passages import fact_list
from app.report.statistics.average import Overall
from app.report.suites import SuiteRecord

__all__ = ["answer_suite", "notes", "suite_at_a_glance"]


def suite_at_a_glance(suite: SuiteRecord, overalls: Sequence[Overall]) -> Fragment:
    """The answer, and the handful of figures around it."""
    first, *further = answer_suite(suite, overalls)
    runs = [result for record in suite.records for result in record.complete]
    planned = sum(len(record.entries) for record in suite.records)
    begun = "" if len(suite.records) == len(suite.members) else f"{len(suite.records)} of them begun"
    facts = [
        ("suite", suite.name, moment(suite.written)),
        ("tasks", str(len(suite.members)), begun),
        ("architectures", str(len(overalls)), ""),
        ("runs", f"{len(runs)} of {planned}", "ended with a score"),
        ("training", duration(math.fsum(run.cost.train_seconds for run in runs if run.cost)), "of all runs, added up"),
    ]
    about = Markup("<p>{}</p>").format(suite.description) if suite.description else Markup("")
    found = Markup('<p class="answer">{}</p><p class="further">{}</p>').format(first, " ".join(further))
    return Fragment(found + about + Markup('<dl class="facts">{}</dl>').format(fact_list(facts)))


def answer_suite(suite: SuiteRecord, overalls: Sequence[Overall]) -> tuple[str, ...]:
    """What the suite found, the main sentence first. Plain text, names as they are."""
    reversed_ones = [member.name for member in suite.members if member.smaller_is_better]
    ranked = [overall for overall in overalls if overall.position]
    sentences = []
    if reversed_ones:
        sentences.append(f"There is no average: in {listing(reversed_ones)} a smaller score is the better one.")
    elif not ranked:
        sentences.append(f"There is no average yet: no architecture has a score on all {len(suite.members)} tasks.")
    else:
        sentences.append(_lead(ranked, len(suite.members)))
        sentences += _against_baseline(ranked)
    sentences += _firsts(suite, overalls)
    without = [overall for overall in overalls if overall.lacking]
    if without and not reversed_ones:
        parts = [f"{overall.architecture} ({_tasks(suite, overall)})" for overall in without]
        sentences.append(f"Not on every task, and so without an average: {listing(parts)}.")
    return tuple(sentences)


def _lead(ranked: Sequence[Overall], tasks: int) -> str:
    leader, *others = ranked
    reached = f"an average of {points(leader.average)} over {'one task' if tasks == 1 else f'{tasks} tasks'}"
    name = f"{leader.architecture}, a baseline," if leader.is_baseline else leader.architecture
    if not others:
        return f"{name} reaches {reached}; no other architecture has a score on all of them."
    if all(other.average == leader.average for other in others):
        return f"All {len(ranked)} architectures reach {reached}: nothing tells them apart."
    models = [other for other in others if not other.is_baseline]
    second = (models or others)[0]
    if second.average == leader.average:
        return f"{name} leads with {reached}; {second.architecture} has the same."
    behind = points(leader.average - second.average)
    return f"{name} leads with {reached}; {second.architecture} follows, {behind} points behind."


def _against_baseline(ranked: Sequence[Overall]) -> list[str]:
    baseline = next((overall for overall in ranked if overall.is_baseline), None)
    if baseline is None or baseline is ranked[0]:
        return []
    return [f"The best baseline, {baseline.architecture}, averages {points(baseline.average)}."]


def _firsts(suite: SuiteRecord, overalls: Sequence[Overall]) -> list[str]:
    """How often each architecture has the best score of a task."""
    counts: dict[str, int] = {}
    for place, member in enumerate(suite.members):
        scores = {overall.architecture: overall.tasks[place].score for overall in overalls}
        known = {name: score for name, score in scores.items() if math.isfinite(score)}
        if known and len(overalls) > 1:
            best = min(known.values()) if member.smaller_is_better else max(known.values())
            for name in (name for name, score in known.items() if score == best):
                counts[name] = counts.get(name, 0) + 1
    if not counts:
        return []
    ordered = sorted(counts, key=lambda name: -counts[name])
    parts = [f"{name} {counts[name]}" for name in ordered]
    ties = ", ties counted for each" if sum(counts.values()) > len(suite.members) else ""
    return [f"The best score of a task{ties}: {listing(parts)}."]


def _tasks(suite: SuiteRecord, overall: Overall) -> str:
    lacking = [suite.members[place].name for place in overall.lacking]
    if len(lacking) == len(suite.members):
        return "on none"
    return f"no score on {listing(lacking)}"


def notes(suite: SuiteRecord) -> Fragment:
    """How the average is made, on which splits, and what makes these figures hard to compare."""
    found = [
        "A task with several metrics is scored by their unweighted mean, and the suite by the unweighted mean over its "
        "tasks, as GLUE does (Wang et al. 2018, arXiv 1804.07461). An architecture without a score on some task has no "
        "average. Scores are times 100.",
        "Each architecture stands on each task at the setting that did best on its validation split, with the mean "
        "over its seeds. Whether a difference on a task is more than noise is told in the report of that task.",
    ]
    chosen = [record.name for record in suite.records if record.primary and record.primary.split == "validation"]
    if chosen:
        found.append(
            f"Hyperparameters of {listing(chosen)} were chosen on the split that is shown, for want of another with "
            "labels. Such scores flatter."
        )
    versions: dict[str, set[str]] = {}
    for record in suite.records:
        for name, values in record.versions.items():
            versions.setdefault(name, set()).update(values)
    found += [
        f"Runs were made with different values of {name}: {listing(sorted(values))}."
        for name, values in versions.items()
        if len(values) > 1 and name != "precision"  # which goes with the model, not with the task
    ]
    runs = [run for record in suite.records for run in record.complete if run.cost]
    if any(run.cost.training_exclusive is False for run in runs if run.cost):
        found.append(
            "Some training times were taken beside other runs, several workers at a time; do not rank by them."
        )
    items = Markup("").join(Markup("<li>{}</li>").format(text) for text in found)
    return Fragment(Markup("<ul>{}</ul>").format(items))
