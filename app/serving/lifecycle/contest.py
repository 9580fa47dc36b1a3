"""A version that was judged and the champion it was held against, as the notebook of a promotion shows them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from app.layout import PROJECT
from app.report.page.wording import count, duration, memory, metric_name, moment, probability, score, signed
from app.serving.package.manifest import Manifest, read_manifest
from app.serving.registry.events import Event, State
from app.serving.registry.registry import Registry

__all__ = ["Contest", "describe_contest", "describe_decision", "describe_history", "read_contest"]

JUDGED = ("promoted", "refused")


@dataclass(frozen=True)
class Contest:
    """One decision, and the packages that it is about."""

    decision: Event
    state: State
    candidate: Manifest
    champion: Manifest | None  # that stood then; None: there was none

    @property
    def sentence(self) -> str:
        """What became of the version, and why."""
        return f"Version {self.decision.version} was {self.decision.kind}: {self.decision.reason}."


def read_contest(registry: str, name: str, version: int) -> Contest:
    """The last decision on a version, in a registry as seen from where a notebook runs or from the project's root.

    Raises:
        SystemExit: with code 0; there is none yet. One line says what to run first.
    """
    for root in (registry, *([] if "://" in registry else [str(PROJECT / registry)])):
        found = Registry(root)
        state = found.state(name) if name in found.names() else State()
        decided = [event for event in state.history if event.version == version and event.kind in JUDGED]
        if decided:
            break
    else:
        command = f"python app.py promote {name}@{version}"
        sys.stdout.write(f"{registry}: nothing was decided on version {version} yet; run `{command}` first\n")
        raise SystemExit(0)
    against = decided[-1].against
    return Contest(
        decided[-1],
        state,
        read_manifest(found.find(f"{name}@{version}").folder),
        None if against is None else read_manifest(found.find(f"{name}@{against}").folder),
    )


def describe_decision(contest: Contest) -> pd.DataFrame:
    """What was decided, when and why, with the figures of the comparison."""
    decision, figures = contest.decision, contest.decision.figures
    facts = {"decision": decision.kind, "when": moment(decision.time), "why": decision.reason}
    if figures:
        metric = metric_name(str(figures["metric"]))
        facts |= {
            "rows": f"{figures['rows']:,} of {figures['split']}",
            f"{metric} of the champion": _number(figures["champion"], score),
            f"{metric} of the new version": _number(figures["candidate"], score),
            "gain": _number(figures["gain"], signed),
            "95 % interval": f"{_number(figures['low'], signed)} to {_number(figures['high'], signed)}",
            "p-value": _number(figures["p_value"], probability),
        }
    return pd.Series(facts, name=f"version {decision.version}", dtype=object).to_frame()


def describe_contest(contest: Contest) -> pd.DataFrame:
    """Architecture, score, size and speed of both."""
    columns = {f"version {contest.decision.version}, new": _describe(contest.candidate)}
    if contest.champion is not None:
        columns = {f"version {contest.decision.against}, champion then": _describe(contest.champion), **columns}
    return pd.DataFrame(columns)


def describe_history(contest: Contest) -> pd.DataFrame:
    """Every event of the model, the first at the top."""
    return pd.DataFrame(
        [
            {
                "when": moment(event.time),
                "what": event.kind,
                "version": event.version,
                "against": "" if event.against is None else str(event.against),
                "why": event.reason,
            }
            for event in contest.state.history
        ]
    )


def _describe(manifest: Manifest) -> dict[str, str]:
    found = manifest.score
    bounds = "" if found.low is None or found.high is None else f" ({score(found.low)} to {score(found.high)})"
    timed = [item for item in manifest.timings if item.precision == manifest.precision and item.batch_size == 1]
    return {
        "architecture": manifest.source.architecture,
        "precision": manifest.precision,
        f"{metric_name(found.metric)} on {found.split}": f"{score(found.value)}{bounds}",
        "parameters": count(manifest.parameters),
        "graph": memory(manifest.size_bytes),
        **{f"one row of {item.sequence_length} tokens": duration(item.p50_seconds) for item in timed[:1]},
        "trained on": f"{manifest.dataset.rows.get('train', 0):,} rows",
        "packaged": moment(manifest.made),
    }


def _number(value: object, show: Callable[[float], str]) -> str:
    return show(value) if isinstance(value, float | int) else "not known"
