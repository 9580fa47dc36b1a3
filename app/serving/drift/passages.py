"""What a look has found, in the words and tables of its page."""

from __future__ import annotations

from datetime import datetime

from markupsafe import Markup

from app.layout import ServedFolder
from app.report.page.markup import Cell, Column, Fragment, Table, link
from app.report.page.wording import counted, listing, moment, percent, probability, rate, score
from app.report.sections.passages import fact_list
from app.serving.drift.checks import ALPHA, LEAST_ROWS, Check, Group, Verdict
from app.serving.drift.look import Look
from app.serving.drift.record import DriftRecord, write_drift

__all__ = ["check_table", "drift_at_a_glance", "next_steps", "save_drift", "words_passage"]


def drift_at_a_glance(look: Look, record: DriftRecord) -> Fragment:
    """The answer, and the handful of figures around it."""
    of = f"version {look.version}" if look.version else "of no registry"
    facts = [
        ("model", look.manifest.name, of),
        ("requests", rate(record.requests), _span(record)),
        ("compared with", f"{rate(record.reference)} rows", f"of {look.manifest.score.split}, kept with the package"),
        ("labelled", rate(record.labelled), "of the requests, by feedback"),
        ("false alarms", f"at most {percent(ALPHA)}", "of looks without drift, by all checks together"),
        ("looked", moment(record.made), ""),
    ]
    answer = Markup('<p class="answer">{}</p><p class="further">{}</p>').format(record.sentence, _further(record))
    return Fragment(answer + Markup('<dl class="facts">{}</dl>').format(fact_list(facts)))


def check_table(look: Look) -> Table | Fragment:
    """Every check, drift first."""
    found = look.findings
    reasons = " ".join(f"Not checked: {name}, since {reason}." for name, reason in found.left_out)
    if not found.checks:
        return Fragment(Markup("<p>{}</p>").format(reasons))
    rows = [
        (
            Cell(check.name, check.group.value),
            check.before,
            check.now,
            Cell(score(check.effect), check.measure, key=check.effect),
            score(check.least),
            Cell(probability(check.p_value), f"corrected {probability(check.adjusted)}"),
            Cell(_told(check), kind="failed" if check.is_drift else ""),
        )
        for check in found.checks
    ]
    return Table(
        f"A check is drift where its p-value, corrected for all checks of this look (Holm), is below {ALPHA:g}, and "
        f"its effect is at least the least one that counts. {reasons}".strip(),
        (
            Column("check", "of"),
            Column("reference"),
            Column("requests"),
            Column("effect", "what it is in", number=True),
            Column("least", "that counts", number=True),
            Column("p", number=True),
            Column("verdict", kind="told"),
        ),
        rows,
    )


def words_passage(look: Look) -> Fragment:
    """The words by which requests and reference are told apart; a sentence where there are none to tell of."""
    found = look.findings
    if not found.checks:
        return Fragment(Markup("<p>Without a verdict there are none to tell of.</p>"))
    if not found.new_words:
        return Fragment(
            Markup(
                "<p>The texts of the requests, or of the reference, are not kept: they are compared by lengths, "
                "unknown words, predictions and confidence alone.</p>"
            )
        )
    is_drift = any(check.name == "words" and check.is_drift for check in found.checks)
    weight = "" if is_drift else " They are no drift: chance finds such words too."
    return Fragment(
        Markup("<p>For a request speak most {}; for a row of the reference {}.{}</p>").format(
            _quoted(found.new_words), _quoted(found.old_words), weight
        )
    )


def next_steps(look: Look) -> Fragment:
    """What to do now, by what was found."""
    items = Markup("").join(Markup("<li>{}</li>").format(step) for step in _steps(look))
    return Fragment(Markup("<ul>{}</ul>").format(items))


def save_drift(served: ServedFolder, record: DriftRecord) -> Fragment:
    """Write drift.json beside the page."""
    write_drift(served.record, record)
    return Fragment(Markup("<p>The same as {}.</p>").format(link(served.record.name, served.record.name)))


def _further(record: DriftRecord) -> str:
    if record.verdict is Verdict.TOO_FEW:
        return f"A verdict takes {LEAST_ROWS} requests: of fewer, even a large change could be missed."
    if record.verdict is Verdict.NONE:
        made = counted(len(record.checks), "check")
        return f"{made} found nothing that is both more than chance and large enough to matter."
    return "What was asked is not what the model was measured on: its score there need not hold here."


def _span(record: DriftRecord) -> str:
    if record.first is None or record.last is None:
        return ""
    first, last = (moment(datetime.fromisoformat(time)) for time in (record.first, record.last))
    return f"{first} to {last}"


def _told(check: Check) -> str:
    if check.is_drift:
        return "drift"
    return "small" if check.adjusted < ALPHA else "no drift"


def _steps(look: Look) -> list[str | Markup]:
    found = look.findings
    if found.verdict is Verdict.TOO_FEW:
        return ["Look again when more has been asked."]
    if found.verdict is Verdict.NONE:
        return [
            "Nothing. Look again tomorrow: of 100 daily looks without drift, one at most, on average, is a false alarm."
        ]
    name = look.manifest.name
    groups = {check.group for check in found.drifted}
    steps: list[str | Markup] = []
    if Group.PERFORMANCE in groups:
        command = Markup("<code>python app.py rollback {}</code>").format(name)
        steps.append(Markup("Fewer answers are right. If that began with a new version, go back: {}.").format(command))
    if Group.DATA in groups:
        steps.append("See who asks what: a new customer, another language, a form that has changed, a fault upstream.")
    if groups & {Group.PREDICTIONS, Group.CONFIDENCE}:
        steps.append("Read a few dozen of the latest answers, the least confident ones first.")
    if Group.PERFORMANCE not in groups:
        steps.append("Label some: drift of the data need not cost accuracy, and labels alone tell whether it does.")
    command = Markup("<code>python app.py lifecycle --config FILE</code>")
    steps.append(Markup("Train on old and new data, and promote what is better: {}.").format(command))
    return steps


def _quoted(words: tuple[str, ...]) -> str:
    return listing([f"“{word}”" for word in words]) or "none"
