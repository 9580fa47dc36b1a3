"""Round again: what has changed since the last round, and if anything has, one step of a new round after the other."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from app.errors import BenchmarkError
from app.layout import API_KEY_VARIABLE, PROMOTION, ROUND, BenchmarkFolder, ServedFolder, template_of
from app.serving.lifecycle.due import find_reasons
from app.serving.lifecycle.rounds import Inputs, Round, RoundFolder, read_rounds, write_round
from app.tasks import CLASSIFICATION

if TYPE_CHECKING:
    from app.bench.warm import WarmParent
    from app.config import Benchmark
    from app.serving.lifecycle.file import Lifecycle
    from app.serving.registry.registry import Registry

__all__ = ["Outlook", "carry_on", "is_stale", "look_around"]

REQUESTS = 1_000  # the latest, that are looked at for drift

Lend = Callable[["Benchmark"], "WarmParent | None"]


@dataclass(frozen=True)
class Outlook:
    """What there is to do."""

    lifecycle: Lifecycle
    last: Round | None  # that came to its end
    begun: Round | None  # that did not: it is carried on
    reasons: tuple[str, ...]  # for a new one; none where nothing has changed
    inputs: Inputs

    @property
    def next_number(self) -> int:
        """Of the round to begin."""
        return (self.last.number if self.last else 0) + 1


def look_around(lifecycle: Lifecycle, registry: Registry) -> Outlook:
    """What has changed since the last round. Nothing is written but what the monitor leaves, where it has to look.

    Raises:
        UsageError: the data, the registry, the store of predictions or the record of a round cannot be read.
    """
    from app.lab.datasets import load_examples
    from app.serving.lifecycle.code import digest_code
    from app.serving.store.store import Store

    benchmark = lifecycle.settled
    last, begun = _read_newest(benchmark.name)
    store = Store(_served(lifecycle).store)
    labelled, served = store.labelled(), store.read(last=1)
    learns = benchmark.task.kind == CLASSIFICATION.name  # other kinds take nothing from feedback
    now = Inputs(
        data=load_examples(benchmark.dataset, benchmark.task.kind).fingerprint,
        code=digest_code(template_of(benchmark.task.kind)),
        feedback=labelled.fingerprint,
        labelled=len(labelled.examples) if learns else 0,
        served=served[0].time if served else "",
    )
    if begun is not None:
        return Outlook(lifecycle, last, begun, begun.reasons, begun.inputs)
    has_champion = benchmark.name in registry.names() and registry.state(benchmark.name).champion is not None
    before = last.inputs if last else None
    drift = ""
    if has_champion and lifecycle.triggers.drift and now.served > (before.served if before else ""):
        drift = _look_for_drift(lifecycle, since=before.served if before else "")
    return Outlook(
        lifecycle,
        last,
        None,
        find_reasons(lifecycle.triggers, now, before, has_champion=has_champion, drift=drift),
        now,
    )


def is_stale(outlook: Outlook) -> bool:
    """Whether another process has begun or ended a round since."""
    return _read_newest(outlook.lifecycle.settled.name) != (outlook.last, outlook.begun)


def carry_on(outlook: Outlook, registry: Registry, lend: Lend) -> Round:
    """The steps of a round that are not done yet; after each its record says what it came to.

    Raises:
        UsageError: an input cannot be used any more.
        BenchmarkError: a step has failed; the same command carries on there.
    """
    lifecycle = outlook.lifecycle
    found = outlook.begun or Round(
        number=outlook.next_number, began=datetime.now(UTC), reasons=outlook.reasons, inputs=outlook.inputs
    )
    folder = RoundFolder.of(lifecycle.settled.name, found.number)
    folder.path.mkdir(parents=True, exist_ok=True)
    if not found.counts:
        found = write_round(folder, _gather_data(found, folder, lifecycle, lend))
    if found.benchmark is None:
        found = write_round(folder, _run_benchmark(found, folder, lifecycle, lend))
    if found.version is None:
        found = write_round(folder, _package_winner(found, lifecycle, registry, lend))
    if found.promoted is None:
        found = write_round(folder, _promote(found, folder, lifecycle, registry, lend))
    if found.promoted and lifecycle.server and found.served_version is None:
        found = _await_server(found, lifecycle)
    return write_round(folder, found.model_copy(update={"finished": datetime.now(UTC)}))


def _gather_data(found: Round, folder: RoundFolder, lifecycle: Lifecycle, lend: Lend) -> Round:
    """Old data and new, by a notebook that leaves the splits as files."""
    from app.bench.notebooks import execute_or_raise
    from app.bench.plan import source_parameters
    from app.report.page.pages import render_page
    from app.serving.lifecycle.merging import read_merged

    benchmark = lifecycle.settled
    dataset = benchmark.dataset
    parameters = {
        "folder": str(folder.data),
        "reasons": list(found.reasons),
        "served": str(_served(lifecycle).store),
        "test_share": lifecycle.test_share,
        "task": benchmark.task.kind,
        **source_parameters(dataset),
        "label_column": dataset.label,
        "max_length": dataset.max_length,
        "limit": dataset.limit or 0,
    }
    execute_or_raise(ROUND, folder.notebook, parameters, parent=lend(benchmark))
    render_page(folder.notebook, folder.page, title=f"{benchmark.name} · round {found.number}", home=None)
    merged = read_merged(folder.data)
    has_new = merged.counts["added"] + merged.counts["held_out"] > 0
    return found.model_copy(update={"splits": merged.splits if has_new else {}, "counts": merged.counts})


def _run_benchmark(found: Round, folder: RoundFolder, lifecycle: Lifecycle, lend: Lend) -> Round:
    """What is missing of the benchmark on the data of the round.

    Raises:
        BenchmarkError: a run of it has failed: its winner would be the best of those that were left.
    """
    from app.bench.lock import hold_folder
    from app.bench.record import write_record
    from app.preparation import check_and_plan
    from app.results import Status
    from app.running import join_cluster, run_missing

    benchmark = _benchmark_of(found, lifecycle)
    place = BenchmarkFolder(folder.path / "benchmark") if found.splits else BenchmarkFolder.of(benchmark.name)
    (work,) = check_and_plan([(benchmark, place)], dry_run=False, force=False)
    with join_cluster([work]) as cluster, hold_folder(place):
        write_record(place, benchmark, work.dataset, work.runs, keep=False)
        results = run_missing(work, lend, cluster)
    wrong = [run.run_id for run in work.runs if run.run_id not in results or results[run.run_id].status != Status.OK]
    if wrong:
        remedy = "its report says why; the same command tries them again"
        raise BenchmarkError(f"{place.path}: {len(wrong)} of {len(work.runs)} runs have failed ({wrong[0]}); {remedy}")
    return found.model_copy(update={"benchmark": str(place.path)})


def _benchmark_of(found: Round, lifecycle: Lifecycle) -> Benchmark:
    """The benchmark of the file, on the data of the round, keeping its models."""
    from app.config import load_config

    words = ["execution.keep_models=true"]
    if found.splits:
        texts = ["text"] if len(lifecycle.settled.dataset.text) == 1 else ["first", "second"]
        words += [
            f"dataset.path={json.dumps(dict(found.splits))}",
            f"dataset.text={json.dumps(texts)}",
            "dataset.label=label",
            *(f"dataset.{key}=null" for key in ("name", "revision", "limit", "reference")),
            "dataset.splits={}",
            "dataset.slices=[]",
        ]
    return load_config(lifecycle.file, overrides=words)


def _package_winner(found: Round, lifecycle: Lifecycle, registry: Registry, lend: Lend) -> Round:
    """The winner as the next version in the registry."""
    from app.bench.lock import hold_folder
    from app.packaging import build_package, choose_winner, make_weights, publish_version

    place = BenchmarkFolder(Path(found.benchmark or ""))
    with hold_folder(place):
        chosen = choose_winner(place, "")
        make_weights(chosen, lend)
        package = build_package(
            chosen,
            lend(chosen.benchmark),
            max_loss=lifecycle.max_loss,
            keep_texts=True,
            command=f"python app.py lifecycle, round {found.number}",
        )
        number = registry.add(chosen.record.name, package)
        publish_version(chosen, registry.find(f"{chosen.record.name}@{number}"))
    return found.model_copy(update={"version": number})


def _promote(found: Round, folder: RoundFolder, lifecycle: Lifecycle, registry: Registry, lend: Lend) -> Round:
    """Both models answer the benchmark's own reported split; the better one serves, and a notebook says why.

    Not what was held out of the feedback: people put right what the champion has got wrong, so that it could not win
    there, and any other model would.
    """
    from app.bench.notebooks import execute_or_raise
    from app.lab.datasets import load_examples
    from app.report.page.pages import render_page
    from app.serving.registry.promotion import promote

    benchmark, name = lifecycle.settled, lifecycle.settled.name
    assert found.version is not None
    judged = [
        event
        for event in registry.state(name).history
        if event.version == found.version and event.kind in ("promoted", "refused")
    ]
    if judged:  # the step before was interrupted after it had decided
        kind, reason = judged[-1].kind, judged[-1].reason
    else:
        decision = promote(
            registry,
            f"{name}@{found.version}",
            within_noise=lifecycle.within_noise,
            examples=load_examples(benchmark.dataset, benchmark.task.kind),
            max_loss=lifecycle.max_loss,
        )
        kind, reason = decision.kind, decision.reason
    parameters = {"registry": lifecycle.registry, "name": name, "version": found.version}
    execute_or_raise(PROMOTION, folder.promotion, parameters, parent=lend(benchmark))
    title = f"{name} · promotion of version {found.version}"
    render_page(folder.promotion, folder.promotion_page, title=title, home=None)
    return found.model_copy(update={"promoted": kind == "promoted", "verdict": reason})


def _await_server(found: Round, lifecycle: Lifecycle) -> Round:
    """What the server says that it serves, once it has taken over, or time is up."""
    from app.serving.lifecycle.takeover import await_version

    assert lifecycle.server is not None
    assert found.version is not None
    served = await_version(lifecycle.server, found.version, key=os.environ.get(API_KEY_VARIABLE))
    return found.model_copy(update={"served_version": served})


def _look_for_drift(lifecycle: Lifecycle, since: str) -> str:
    """What the monitor finds in the requests of that moment and later, as a sentence; empty: no drift."""
    from app.monitoring import find_model, find_served, watch_drift

    model = find_model(f"{lifecycle.settled.name}@champion", lifecycle.registry)
    served = find_served(Path(lifecycle.served), model.name)
    record = watch_drift(model, served, last=REQUESTS, since=since)
    return record.sentence if record.verdict == "drift" else ""


def _read_newest(name: str) -> tuple[Round | None, Round | None]:
    """The last round that has come to its end, and one that has not."""
    rounds = read_rounds(name)
    begun = next((found for found in rounds if found.finished is None), None)
    return next((found for found in reversed(rounds) if found.finished is not None), None), begun


def _served(lifecycle: Lifecycle) -> ServedFolder:
    return ServedFolder(Path(lifecycle.served) / lifecycle.settled.name)
