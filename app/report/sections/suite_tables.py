"""The tables of a suite's page: scores by task, what they cost, the tasks, and what is missing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from urllib.parse import quote

from markupsafe import Markup

from app.report.page.markup import Cell, Column, Fragment, Table, link
from app.report.page.wording import count, duration, listing, metric_name, points, rate, score
from app.report.statistics.average import Overall, TaskScore
from app.report.suites import SuiteMember, SuiteRecord

__all__ = ["score_table", "suite_cost_table", "task_table", "unscored_table"]


def score_table(suite: SuiteRecord, overalls: Sequence[Overall]) -> Table:
    """Architectures by tasks: each task's own metrics, the best of a task set off, and the average."""
    best = [_best(member, [overall.tasks[place] for overall in overalls]) for place, member in enumerate(suite.members)]
    rows = []
    for overall in overalls:
        cells: list[Cell | str | Markup] = [
            Cell(overall.architecture, "baseline" if overall.is_baseline else ""),
            Cell(points(overall.average), _lacking(suite, overall)),
        ]
        for member, task, top in zip(suite.members, overall.tasks, best, strict=True):
            is_top = math.isfinite(task.score) and task.score == top and len(overalls) > 1
            cells.append(Cell(_values(member, task), _remark(member, task), "top" if is_top else ""))
        rows.append(cells)
    kinds = ["best" if o.position == 1 else "baseline" if o.is_baseline else "" for o in overalls]
    return Table(
        "Scores times 100, each architecture at the setting that did best on validation, means over seeds. The best of "
        "a task is bold. Headings lead to the report of each task.",
        (
            Column("architecture"),
            Column("average", f"of {len(suite.members)}", number=True, kind="task"),
            *(Column(_heading(member), _counted(member), number=True, kind="task") for member in suite.members),
        ),
        rows,
        kinds,
    )


def suite_cost_table(suite: SuiteRecord, overalls: Sequence[Overall]) -> Table:
    """What each architecture cost over all tasks, settings and seeds."""
    entries = [entry for record in suite.records for entry in record.entries]
    rows = []
    for overall in overalls:
        own = [entry for entry in entries if entry.plan.architecture == overall.architecture]
        results = [entry.result for entry in own if entry.result]
        costs = [result.cost for result in results if result.cost]
        sizes = sorted({cost.parameters for cost in costs})
        memory = f"{count(sizes[0])} to {count(sizes[-1])}" if len(sizes) > 1 else count(sizes[0] if sizes else None)
        ended = sum(entry.status == "ok" for entry in own)
        rows.append(
            (
                overall.architecture,
                memory,
                Cell(f"{ended} of {len(own)}", kind="" if ended == len(own) else "failed"),
                duration(math.fsum(cost.train_seconds for cost in costs) if costs else None),
                duration(math.fsum(result.seconds for result in results) if results else None),
            )
        )
    return Table(
        "Over all tasks, settings and seeds, added up. Training is without evaluation; the last column is from a run's "
        "first cell to its result.",
        (
            Column("architecture"),
            Column("parameters", "smallest to largest", number=True),
            Column("runs", "with a score, of planned", number=True),
            Column("training", number=True),
            Column("whole runs", number=True),
        ),
        rows,
    )


def task_table(suite: SuiteRecord, overalls: Sequence[Overall]) -> Table:
    """Each task with its data, what counts of it, and who is best."""
    rows = []
    for place, member in enumerate(suite.members):
        record = member.record
        tasks = [overall.tasks[place] for overall in overalls]
        top = _best(member, tasks)
        first = [o.architecture for o, task in zip(overalls, tasks, strict=True) if task.score == top]
        sizes = record.dataset.rows if record else {}
        further = ", ".join(f"{name} {rate(number)}" for name, number in sizes.items() if name != "train")
        rows.append(
            (
                _heading(member),
                record.dataset.path if record else "–",
                Cell(rate(sizes.get("train")), further),
                _counted(member),
                listing(first) if first else "–",
                f"{len(record.complete)} of {len(record.entries)}" if record else Cell("not begun", kind="missing"),
            )
        )
    return Table(
        "The tasks, in the order of the suite. Names lead to their reports.",
        (
            Column("task"),
            Column("data"),
            Column("train", "rows; others below", number=True),
            Column("what counts"),
            Column("best"),
            Column("runs", "with a score, of planned", number=True),
        ),
        rows,
    )


def unscored_table(suite: SuiteRecord, overalls: Sequence[Overall]) -> Table | Fragment:
    """Whatever is missing: each architecture on each task that has no score, or not of all of its runs."""
    rows = []
    for place, member in enumerate(suite.members):
        for overall in overalls:
            task = overall.tasks[place]
            if task.reason or (task.row and task.row.failed + task.row.missing):
                lacking = _shortfall(task)
                rows.append(
                    (
                        _heading(member),
                        overall.architecture,
                        Cell(lacking or "–", kind="failed" if lacking else ""),
                        Cell(task.reason or _cause(member, overall.architecture), kind="wide"),
                    )
                )
    if not rows:
        return Fragment(Markup("<p>Every planned run of every task ended with a score.</p>"))
    return Table(
        "Without a score, or with fewer runs than planned. An average is not shown where a task has no score at all.",
        (Column("task"), Column("architecture"), Column("runs"), Column("cause")),
        rows,
    )


def _heading(member: SuiteMember) -> Markup | str:
    exists = member.record is not None and member.record.folder.page.exists()
    return link(f"{quote(member.name)}/index.html", member.name) if exists else member.name


def _counted(member: SuiteMember) -> str:
    """What counts, with the split: `F1, accuracy on validation`."""
    primary = member.record.primary if member.record else None
    by_split: dict[str, list[str]] = {}
    for given in member.metrics:
        split, _, metric = given.rpartition(".")
        by_split.setdefault(split or (primary.split if primary else ""), []).append(metric_name(metric))
    if len({tuple(names) for names in by_split.values()}) == 1 and len(by_split) > 1:
        return f"{' and '.join(next(iter(by_split.values())))} on {' and '.join(by_split)}"
    parts = [f"{' and '.join(names)}{f' on {split}' if split else ''}" for split, names in by_split.items()]
    return ", ".join(parts)


def _values(member: SuiteMember, task: TaskScore) -> str:
    if not any(map(math.isfinite, task.values)):
        return "–"
    show = score if member.smaller_is_better else points
    return " / ".join(map(show, task.values))


def _remark(member: SuiteMember, task: TaskScore) -> str:
    """Below a score: the mean of several metrics, and how many runs are missing."""
    parts = []
    if len(task.values) > 1 and math.isfinite(task.score) and not member.smaller_is_better:
        parts.append(f"mean {points(task.score)}")
    return ", ".join([*parts, *filter(None, [_shortfall(task)])])


def _shortfall(task: TaskScore) -> str:
    parts = []
    if task.row and task.row.failed:
        parts.append(f"{task.row.failed} failed")
    if task.row and task.row.missing:
        parts.append(f"{task.row.missing} missing")
    return ", ".join(parts)


def _lacking(suite: SuiteRecord, overall: Overall) -> str:
    names = [suite.members[place].name for place in overall.lacking]
    return f"without {listing(names)}" if names else ""


def _best(member: SuiteMember, tasks: Sequence[TaskScore]) -> float:
    known = [task.score for task in tasks if math.isfinite(task.score)]
    choose = min if member.smaller_is_better else max
    return choose(known, default=math.nan)


def _cause(member: SuiteMember, architecture: str) -> str:
    entries = member.record.unfinished if member.record else ()
    errors = [e.result.error for e in entries if e.plan.architecture == architecture and e.result and e.result.error]
    return f"{errors[0].kind}: {errors[0].message}" if errors else "not run yet, or interrupted"
