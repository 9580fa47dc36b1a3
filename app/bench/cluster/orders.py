"""What is said between driver and nodes: a run to carry out and how it ended, each as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict

from app.bench.plan import Run
from app.bench.shares import THREADS
from app.config import Architecture
from app.layout import CORES_VARIABLE, PROJECT, RunFolder
from app.results import RunResult

__all__ = ["Caller", "Job", "Order", "Report", "Workspace"]


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Workspace(_Message):
    """Where a node's runs work: in the driver's own folder, or in one of the node's that has the same inputs in it."""

    folder: str  # of the driver, absolute
    is_shared: bool  # with this node
    store: str  # `auto`, `ray` or a URL


class Job(_Message):
    """How the runs of a benchmark are carried out."""

    template: str  # relative to the project, or absolute
    timeout_seconds: float
    memory_bytes: int | None
    retries: int
    checkpoint: str | int | None
    kernel: str  # warm or cold
    tracked: bool  # by W&B
    slices: tuple[str, ...]
    cpus: int

    @property
    def template_path(self) -> Path:
        """Of this machine."""
        return PROJECT / self.template


class Order(_Message):
    """One run to carry out."""

    job: Job
    run_id: str
    architecture: Architecture
    seed: int
    hyperparameters: Mapping[str, Any]
    parameters: Mapping[str, Any]
    folder: str
    expects_more: bool  # whether another run is to follow it in its slot
    attempts_before: int  # that came to nothing although Ray took them for done

    @classmethod
    def of(cls, run: Run, job: Job, *, expects_more: bool, attempts_before: int) -> Self:
        return cls(
            job=job,
            run_id=run.run_id,
            architecture=run.architecture,
            seed=run.seed,
            hyperparameters=run.hyperparameters,
            parameters=run.parameters,
            folder=str(run.folder.path),
            expects_more=expects_more,
            attempts_before=attempts_before,
        )

    @property
    def run(self) -> Run:
        return Run(
            run_id=self.run_id,
            architecture=self.architecture,
            seed=self.seed,
            hyperparameters=self.hyperparameters,
            parameters=self.parameters,
            folder=RunFolder(Path(self.folder)),
        )


class Caller(_Message):
    """The task that holds the resources of a run."""

    pid: int
    attempt: int  # of Ray, from 0
    gpus: tuple[str, ...]  # that Ray has assigned
    is_alone: bool  # whether the machine has room for one run alone

    def share(self, cpus: int, cores: int) -> Mapping[str, str]:
        """The environment that gives a kernel its part of the node; `cores` are what it may use while it is alone."""
        threads = {name: str(cpus) for name in THREADS}
        return {CORES_VARIABLE: str(cores), **threads, "CUDA_VISIBLE_DEVICES": ",".join(self.gpus)}


class Report(_Message):
    """How a run ended on a node."""

    result: RunResult | None  # None: it was given up, as if it had never been
    node: str  # Ray's id of it
    busy_seconds: float  # from when the node began it until it was through
    is_here: bool  # its folder lies where the driver sees it; else it is to be fetched from the node
