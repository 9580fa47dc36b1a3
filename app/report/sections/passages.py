"""The report's passages of text, each made from the record and its standings."""

from __future__ import annotations

from collections.abc import Sequence

import yaml
from markupsafe import Markup

from app.report.gather import Record
from app.report.page.markup import Fragment, link
from app.report.page.wording import listing, metric_name, moment, percent, rate, score
from app.report.sections.answer import answer
from app.report.statistics.standings import Standing
from app.tasks import LANGUAGE

__all__ = ["at_a_glance", "config_text", "data_facts", "fact_list"]


def at_a_glance(record: Record, standings: Sequence[Standing]) -> Fragment:
    """The question, the answer, and the handful of figures around it."""
    first, *further = answer(record, standings)
    primary, dataset = record.primary, record.dataset
    facts = [("benchmark", record.name, moment(record.written))]
    if primary:
        less = ", lower is better" if primary.direction == "min" else ""
        facts.append(("ranked by", metric_name(primary.name, dataset.kind), f"on {primary.split}{less}"))
    if dataset.rows:
        rows = ", ".join(f"{split} {rate(rows)}" for split, rows in dataset.rows.items())
        facts.append(("data", dataset.path, f"rows: {rows}"))
    ended = len(record.complete)
    early = f", {len(record.stopped)} stopped early" if record.stopped else ""
    facts.append(("runs", f"{ended} of {len(record.entries)}", f"ended with a score{early}"))
    if record.ceiling is not None:
        facts.append(("ceiling", score(record.ceiling), "the best there is to reach"))
    question = Markup("<p>{}</p>").format(record.dataset.question) if record.dataset.question else Markup("")
    page = record.folder.search_page.name
    if record.folder.search.exists():
        told = Markup("<p>These are the trials of a search: {}.</p>")
        question += told.format(link(page, "how it went, and what mattered"))
    found = Markup('<p class="answer">{}</p><p class="further">{}</p>').format(first, " ".join(further))
    return Fragment(question + found + Markup('<dl class="facts">{}</dl>').format(fact_list(facts)))


def data_facts(record: Record) -> Fragment:
    """What the models were given: rows, labels, where validation came from, and the ceiling."""
    dataset = record.dataset
    is_text = dataset.kind in LANGUAGE
    names = f"{', '.join(dataset.labels[:12])}{', …' if len(dataset.labels) > 12 else ''}"
    facts = [
        (
            "source",
            dataset.path,
            f"revision {dataset.revision}" if dataset.revision else "",
        ),
        *((f"{split} rows", rate(rows), "") for split, rows in dataset.rows.items()),
        *(
            [("labels", str(len(dataset.labels)) if dataset.labels else "–", names)]
            if dataset.kind not in LANGUAGE
            else []
        ),
        ("fingerprint", dataset.fingerprint, "of the rows themselves"),
        *((f"{split} md5", md5, "of the file, as DVC knows it") for split, md5 in dataset.versions.items()),
    ]
    notes = [dataset.description] if dataset.description else []
    if dataset.cut:
        notes.append(dataset.cut)
    elif dataset.validation_from_train:
        notes.append("The source has no validation split: 10 % of its training rows, stratified, were set aside.")
    if record.primary and record.primary.split == "validation":
        notes.append(
            f"There is no {'' if is_text else 'labelled '}test split, so validation served both purposes: "
            "hyperparameters were chosen on it and the scores shown are on it. Such scores flatter."
        )
    notes.append(_truncation(record))
    if record.ceiling is not None:
        noise = dataset.noise
        known = f"{noise:.0%} of the labels of this corpus were replaced on purpose".replace("%", " %") if noise else ""
        why = f"{known}, so" if known else "Its label noise is known:"
        side = "below" if record.primary and record.primary.direction == "min" else "above"
        notes.append(f"{why} no model can be expected to score {side} {score(record.ceiling)}, the ceiling.")
    text = Markup("").join(Markup("<p>{}</p>").format(note) for note in notes if note)
    return Fragment(Markup('{}<dl class="facts">{}</dl>').format(text, fact_list(facts)))


def config_text(record: Record) -> str:
    """The configuration the driver resolved, as YAML."""
    return yaml.safe_dump(dict(record.config), sort_keys=False, allow_unicode=True, width=100)


def _truncation(record: Record) -> str:
    """How much of the texts the models did not see: the tokens of a text depend on a model's tokenizer."""
    split = record.primary.split if record.primary else "test"
    first = {result.architecture: result for result in reversed(record.complete)}
    cuts = {name: result.truncated[split] for name, result in first.items() if split in result.truncated}
    rows = record.dataset.rows.get(split, 0)
    shares = [
        f"{name} {percent(cut.rows / rows)} of the rows and {percent(cut.tokens / cut.of_tokens)} of the tokens"
        for name, cut in cuts.items()
        if cut.rows and rows
    ]
    if not shares:
        return "No text was longer than dataset.max_length: the models read all of it." if cuts else ""
    return f"Texts longer than dataset.max_length were cut. On {split} that took from {listing(shares)}."


def fact_list(facts: Sequence[tuple[str, str, str]]) -> Markup:
    """The entries of a list of facts: name, value, and a remark below it."""
    return Markup("").join(
        Markup("<div><dt>{}</dt><dd>{}{}</dd></div>").format(
            name,
            Markup("/<wbr>").join(value.split("/")),
            Markup("<small>{}</small>").format(note) if note else "",
        )
        for name, value, note in facts
    )
