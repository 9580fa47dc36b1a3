"""The model card: what a model is for, how good it is, what it gets wrong, what it costs, and how it was made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from app.config import load_architectures
from app.report.page.wording import count, duration, memory, metric_name, score
from app.serving.package.manifest import Manifest
from app.serving.package.subject import Subject
from app.serving.package.temperature import Calibration
from app.tasks import CAUSAL, CLASSIFICATION, REGRESSION, TAGGING

__all__ = ["Facts", "licence_of", "write_card"]

PURPOSE = {
    CLASSIFICATION.name: "puts a text into one of {labels} classes",
    REGRESSION.name: "gives a text a number",
    TAGGING.name: "gives each word of a text one of {labels} tags",
    CAUSAL.name: "tells what comes next in a text, token by token, and so can write on",
}


@dataclass(frozen=True)
class Facts:
    """What a card says beyond the manifest."""

    confusions: pd.DataFrame | None  # label, prediction, rows: what is most often taken for what
    mistakes: pd.DataFrame | None  # the worst ones, with their texts; None where texts are not to be kept
    calibration: Calibration | None
    versions: Mapping[str, str]  # part -> version
    command: str


def write_card(subject: Subject, manifest: Manifest, facts: Facts) -> str:
    """The card as Markdown."""
    parts = [
        _head(subject, manifest),
        _scores(subject, manifest),
        _mistakes(manifest, facts),
        _costs(subject, manifest),
        _calibration(manifest, facts.calibration),
        _data(manifest),
        _limits(subject, manifest),
        _making(subject, manifest, facts),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def licence_of(subject: Subject) -> str:
    """Of the weights that training began with, in a sentence."""
    run = subject.run
    if run.checkpoint is None:
        return "Trained from random weights: nobody else's licence is on them. That of the data applies."
    known = load_architectures()
    entry = next((entry for entry in known.values() if entry.checkpoint == run.checkpoint), None)
    if entry is not None and entry.licence not in (None, "unknown"):
        return f"Weights from {entry.checkpoint}, under {entry.licence}, as their publisher states it."
    customary = known.get(run.architecture)
    unknown = f"Weights from {run.checkpoint}; under which licence is not known here: ask where they are from."
    if customary is None or customary.checkpoint is None or customary.licence in (None, "unknown"):
        return unknown
    return f"{unknown} If they are those of {customary.checkpoint}, their publisher states {customary.licence}."


def _head(subject: Subject, manifest: Manifest) -> str:
    purpose = PURPOSE[manifest.kind].format(labels=len(manifest.labels))
    question = f' The question: "{manifest.dataset.question}"' if manifest.dataset.question else ""
    labels = ", ".join(f"`{label}`" for label in manifest.labels[:20])
    more = f" and {len(manifest.labels) - 20} more" if len(manifest.labels) > 20 else ""
    lines = [
        f"# {manifest.name}: {manifest.source.architecture}",
        f"A {manifest.source.family} with {count(manifest.parameters)} parameters that {purpose}.{question}",
        f"Labels: {labels}{more}." if labels else "",
        f"It was chosen because {subject.choice.reason}. {subject.choice.against_baselines}",
    ]
    return "\n\n".join(line for line in lines if line)


def _scores(subject: Subject, manifest: Manifest) -> str:
    found, run = manifest.score, subject.run
    better = "lower is better" if found.direction == "min" else "higher is better"
    units = "windows of the text" if manifest.kind == CAUSAL.name else "examples"
    bounds = "" if found.low is None else f", 95 % interval {score(found.low)} to {score(found.high)} over {units}"
    ceiling = manifest.dataset.ceiling
    noisy = "" if ceiling is None else f" A perfect model would reach {score(ceiling)}: labels are noisy on purpose."
    rows = [
        (metric_name(metric), *(score(run.metrics[split].get(metric)) for split in run.metrics))
        for metric in run.metrics.get(found.split, {})
    ]
    return "\n\n".join(
        [
            "## How good it is",
            f"**{metric_name(found.metric)} {score(found.value)}** on {found.split}, {found.rows:,} rows{bounds} "
            f"({better}). This is the score of the packaged graph; the run itself recorded {score(found.trained)}. "
            f"Of the graph's answers {manifest.parity.agreement:.2%} are those of the run, and the figures behind them "
            f"differ by {manifest.parity.largest_difference:.2g} at most.{noisy}",
            "Every metric, as the run recorded it:",
            _table(("metric", *run.metrics), rows),
        ]
    )


def _mistakes(manifest: Manifest, facts: Facts) -> str:
    parts = ["## What it gets wrong most"]
    if facts.confusions is not None and len(facts.confusions):
        lines = facts.confusions.itertuples(index=False)
        parts.append(_table(list(facts.confusions.columns), [tuple(map(str, line)) for line in lines]))
    if facts.mistakes is not None and len(facts.mistakes):
        is_language = manifest.kind == CAUSAL.name
        parts.append(
            "The passages it finds hardest:" if is_language else "The worst, with what is true and what it said:"
        )
        lines = facts.mistakes.itertuples(index=False)
        parts.append(_table(list(facts.mistakes.columns), [tuple(map(str, line)) for line in lines]))
    elif facts.mistakes is None:
        parts.append("Examples are left out: the package was made without texts.")
    return "\n\n".join(parts) if len(parts) > 1 else ""


def _costs(subject: Subject, manifest: Manifest) -> str:
    rows = [
        (
            timing.precision + (" (packaged)" if timing.precision == manifest.precision else ""),
            str(timing.sequence_length),
            duration(timing.p50_seconds),
            memory(timing.size_bytes),
            score(timing.score),
        )
        for timing in manifest.timings
    ]
    cost, threads = subject.run.cost, manifest.timings[0].threads if manifest.timings else 0
    training = f" Training took {duration(cost.train_seconds)} on {_device(subject)}." if cost else ""
    heading = ("graph", "tokens", "median of one answer", "size", metric_name(manifest.score.metric))
    return "\n\n".join(
        [
            "## What it costs",
            f"One row at a time, by ONNX Runtime with {threads} {'thread' if threads == 1 else 'threads'}, tokenising "
            f"left out.{training}",
            _table(heading, rows),
            f"Packaged in {manifest.precision}: {manifest.precision_reason}.",
        ]
    )


def _calibration(manifest: Manifest, calibration: Calibration | None) -> str:
    if calibration is None:
        return ""
    unit = " (over words)" if manifest.kind == TAGGING.name else ""
    return "\n\n".join(
        [
            "## How far its probabilities can be believed",
            f"Logits are divided by {calibration.temperature:.3f}, the temperature with the least loss on validation. "
            f"The calibration error{unit} on {manifest.score.split}, the mean distance between confidence and share of "
            f"right answers, was {score(calibration.before)} before and is {score(calibration.after)} after.",
        ]
    )


def _data(manifest: Manifest) -> str:
    data = manifest.dataset
    facts = [
        ("data", f"`{data.path}`"),
        ("revision", f"`{data.revision}`" if data.revision else "none given"),
        ("fingerprint", f"`{data.fingerprint}`"),
        *((f"rows of {name}", f"{rows:,}") for name, rows in data.rows.items()),
        ("columns", ", ".join(f"`{column}`" for column in manifest.text_columns)),
    ]
    cut = "Validation was cut from train: 10 %, by a fixed seed." if data.validation_from_train else ""
    return "\n\n".join(
        part for part in ["## The data", data.description or "", _table(("", ""), facts), data.cut or cut] if part
    )


def _limits(subject: Subject, manifest: Manifest) -> str:
    cut = subject.run.truncated.get(manifest.score.split)
    lost = f" Of {manifest.score.split} that is {cut.rows:,} of {manifest.score.rows:,} rows." if cut else ""
    limits = [
        f"Its score holds for texts like those of `{manifest.dataset.path}`. On others it is not known.",
        f"It reads {manifest.max_length} tokens; what a text has beyond them is cut off.{lost}"
        if manifest.kind != CAUSAL.name
        else f"It sees {manifest.max_length} tokens at once, and nothing of what was before them.",
    ]
    if manifest.kind in (CLASSIFICATION.name, TAGGING.name):
        limits.append("It knows these labels and no other: whatever it is given, it will take for one of them.")
    if manifest.kind == CAUSAL.name:
        limits.append("It writes what is likely after its training text. That it is true, or harmless, nobody checks.")
    if manifest.precision == "int8":
        limits.append("In int8 what a row gets depends a little on the rows that it is batched with.")
    if manifest.score.split == "validation":
        limits.append("There was no labelled test split: the setting was chosen on the rows that it is reported on.")
    if not subject.choice.is_ahead:
        limits.append(subject.choice.against_baselines)
    return "## Limits\n\n" + "\n".join(f"- {limit}" for limit in limits)


def _making(subject: Subject, manifest: Manifest, facts: Facts) -> str:
    source = manifest.source
    settings = ", ".join(f"{name} {value}" for name, value in source.hyperparameters.items() if value not in ({}, None))
    rows = [
        ("benchmark, run", f"`{source.benchmark}`, `{source.run_id}` (seed {source.seed})"),
        ("hyperparameters", settings),
        ("commit", f"`{source.git}`" if source.git else "not known: outside of a repository"),
        *facts.versions.items(),
        ("trained on", _device(subject)),
        ("made", manifest.made.strftime("%Y-%m-%d %H:%M UTC")),
        ("command", f"`{facts.command}`"),
        ("licence", licence_of(subject)),
    ]
    return "## How it was made\n\n" + _table(("", ""), rows)


def _device(subject: Subject) -> str:
    environment = subject.run.environment
    return environment.cpu if environment.device in ("", "cpu") else environment.device


def _table(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heading, ["---"] * len(heading), *rows]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def _cell(text: object) -> str:
    """Text of the data is text in a table of Markdown too, and on one line."""
    plain = " ".join(str(text).split())
    for special in ("|",) if plain.startswith("`") else ("\\", "|", "<", ">", "*", "_", "`", "[", "]"):
        plain = plain.replace(special, f"\\{special}")
    return plain
