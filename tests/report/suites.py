"""Hand-made suites on disk: scores as a test wants them, in the files that a driver and its runs leave."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from app.layout import SuiteFolder
from app.results import Cost, DatasetRecord, Environment, Primary, RunFailure, RunResult, Status, write_result
from app.tasks import direction
from tests.report.golden import START

__all__ = ["FAILED", "MISSING", "make_suite"]

MISSING = "missing"
FAILED = "failed"
Scores = Mapping[str, Mapping[str, float]]  # split -> metric -> value


def make_suite(
    path: Path,
    members: Mapping[str, Mapping[str, Sequence[Scores | str]] | None],
    *,
    counted: Mapping[str, Sequence[str]],
    split: str = "validation",
    description: str = "",
) -> SuiteFolder:
    """Write a suite: member -> architecture -> the outcome of each seed; a member that is None has not been begun.

    Args:
        path: the suite's folder.
        members: what became of the runs: scores, or FAILED, or MISSING.
        counted: member -> the metrics that count; the first one ranks.
        split: the reported one.
        description: of the suite.
    """
    folder = SuiteFolder(path)
    path.mkdir(parents=True)
    names = dict.fromkeys(name for runs in members.values() for name in runs or ())
    config = {"architectures": [{"name": name} for name in names]}
    listed = [{"name": name, "metrics": list(counted[name]), "config": config} for name in members]
    document = {"schema": 1, "name": path.name, "description": description, "written": START.isoformat()}
    folder.record.write_text(json.dumps({**document, "members": listed}))
    for name, runs in members.items():
        if runs is not None:
            _make_member(folder, name, runs, ranked=counted[name][0].rpartition(".")[2], split=split)
    return folder


def _make_member(
    suite: SuiteFolder, name: str, runs: Mapping[str, Sequence[Scores | str]], *, ranked: str, split: str
) -> None:
    folder = suite.member(name)
    folder.runs.mkdir(parents=True)
    dataset = DatasetRecord(path=f"data/{name}", fingerprint="0123", rows={"train": 90, "validation": 30})
    planned = []
    for architecture, outcomes in runs.items():
        for seed, outcome in enumerate(outcomes):
            run_id = f"{architecture}-s{seed}"
            planned.append({"run_id": run_id, "architecture": architecture, "seed": seed, "hyperparameters": {}})
            if outcome == MISSING:
                continue
            scores = outcome if isinstance(outcome, dict) else None
            value = scores[split].get(ranked, 0.0) if scores else 0.0
            primary = Primary(name=ranked, split=split, value=value, direction=direction(ranked))  # type: ignore[arg-type]
            result = RunResult(
                run_id=run_id,
                benchmark=name,
                status=Status.OK if scores else Status.FAILED,
                error=None if scores else RunFailure(kind="OutOfMemory", message="no room"),
                architecture=architecture,
                family=architecture,
                seed=seed,
                hyperparameters={},
                primary=primary if scores else None,
                metrics=scores or {},
                cost=Cost(
                    parameters=1000,
                    train_seconds=10,
                    train_samples_per_second=9,
                    peak_memory_bytes=2**20,
                    exclusive=True,
                )
                if scores
                else None,
                dataset=dataset,
                environment=Environment(python="3.11.2"),
                started=START,
                finished=START,
            )
            write_result(result, folder.run(run_id).result)
    record = {"name": name, "config": {}, "dataset": dataset.model_dump(mode="json"), "runs": planned}
    folder.record.write_text(json.dumps(record))
    folder.page.write_text("<!DOCTYPE html>")
