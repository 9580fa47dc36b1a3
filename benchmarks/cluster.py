"""Runs that do next to nothing, on a Ray of two nodes on this machine and by two workers without it: what Ray costs."""

from __future__ import annotations

import contextlib
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from app.bench.execute import execute_run
from app.bench.kernels import open_parent
from app.bench.local import open_places, run_locally
from app.bench.machine import Machine
from app.bench.notebooks import Watch
from app.bench.places import Place
from app.bench.plan import Run
from app.bench.source import PlannedRuns
from app.clustering import join_cluster
from app.config import Architecture, Benchmark, Execution
from app.layout import BenchmarkFolder
from app.preparation import check_and_plan
from app.results import RunResult
from benchmarks.loopback import cluster_of
from benchmarks.record import Entry, Line
from benchmarks.sections import Plan

__all__ = ["TEMPLATE", "measure_cluster", "trivial_runs"]

RUNS, QUICK_RUNS, NODES = 1_000, 20, 2
SECONDS = 3600  # for one run
# what the project has set itself: seconds a run, percent of the slots' time, kilobytes of the driver a run
OVERHEAD, IDLE, GROWTH = 0.3, 10.0, 2.0
TEMPLATE = """\
# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% tags=["parameters"]
benchmark: str = ""
run_id: str = ""
run_folder: str = ""

# %%
from datetime import UTC, datetime
from pathlib import Path

from app.results import RunResult, Status, write_result

now = datetime.now(UTC)
result = RunResult(
    run_id=run_id,
    benchmark=benchmark,
    status=Status.OK,
    architecture="trivial",
    family="",
    seed=0,
    hyperparameters={},
    started=now,
    finished=now,
)
write_result(result, Path(run_folder) / "result.json")
"""


@dataclass
class _Course:
    """How the runs went: seconds until all had ended, those that slots were busy, and what the driver grew by."""

    seconds: float = 0.0
    busy_seconds: float = 0.0
    grown_bytes: float = 0.0  # a run, from the second half of them
    driver_seconds: float = 0.0  # of its processor


def measure_cluster(plan: Plan) -> tuple[Line, ...]:
    """What a run costs above one by a local worker, how busy the slots are, and what the driver keeps of a run."""
    number = QUICK_RUNS if plan.quick else RUNS
    there, here = [], []
    for _ in range(plan.repeats):
        with tempfile.TemporaryDirectory() as scratch, contextlib.chdir(scratch):
            template = Path("trivial.py").resolve()
            template.write_text(TEMPLATE, encoding="utf-8")
            here.append(_run_here(trivial_runs("here", number), template))
            there.append(_run_on_ray(trivial_runs("there", number), template))
    pairs = list(zip(there, here, strict=True))
    overhead = tuple(max(0.0, (ray.seconds - local.seconds) * NODES / number) for ray, local in pairs)
    idle = tuple(100 * (1 - ray.busy_seconds / (ray.seconds * NODES)) for ray in there)
    used = tuple(1000 * ray.driver_seconds / number for ray in there)
    grown = tuple(max(0.0, ray.grown_bytes / 1000) for ray in there)
    name = f"{number:,} trivial runs"
    return (
        Line(
            name=f"{name}, until all have ended",
            unit="s",
            entries=(
                Entry(who=f"on a Ray of {NODES} nodes with one CPU each", values=tuple(one.seconds for one in there)),
                Entry(who=f"{NODES} local workers", values=tuple(one.seconds for one in here)),
            ),
        ),
        _line(f"{name}: what Ray adds to the time that a run has a slot", "s", overhead, OVERHEAD),
        _line(f"{name}: share of the time that a slot has no run", "%", idle, IDLE),
        _line(f"{name}: growth of the driver, a run", "kB", grown, GROWTH),
        _line(f"{name}: processor time of the driver, a run", "ms", used, None),
    )


def trivial_runs(name: str, number: int) -> list[Run]:
    """Runs of a benchmark of that name; all they do is to write that they have ended."""
    folder, runs = BenchmarkFolder.of(name), []
    for index in range(number):
        run_id = f"trivial-{index:08x}"
        place = folder.run(run_id)
        parameters = {"benchmark": name, "run_id": run_id, "run_folder": str(place.path)}
        runs.append(Run(run_id, Architecture(name="trivial"), 0, {}, parameters, place))
    return runs


def _run_here(runs: list[Run], template: Path) -> _Course:
    watch, course = Watch(SECONDS), _Course()
    folder = runs[0].folder.path.parent
    folder.mkdir(parents=True)
    with (
        open_parent("warm", tracked=False) as parent,
        Machine() as machine,
        open_places(NODES, machine=machine, parent=parent, watch=watch, logs=folder, service=dict) as places,
    ):

        def execute(run: Run, place: Place) -> RunResult | None:
            options = {"template": template, "place": place, "machine": machine, "watch": watch}
            return execute_run(run, **options, retries=0, on_retry=lambda *_: None)

        if parent is not None:
            parent.wait_until_ready(lambda: False)
        began = time.monotonic()
        outcomes = run_locally(
            PlannedRuns(runs),
            execute,
            places=places,
            watch=watch,
            has_room=lambda _: True,
            on_start=lambda _: None,
            on_tick=lambda _: None,
        )
        assert all(result.status == "ok" for _, result in outcomes)
        course.seconds = time.monotonic() - began
    return course


def _run_on_ray(runs: list[Run], template: Path) -> _Course:
    course, driver = _Course(), psutil.Process()
    with cluster_of(NODES) as nodes:
        benchmark = _benchmark(nodes.address)
        (work,) = check_and_plan([(benchmark, BenchmarkFolder.of("there"))], dry_run=True, force=True)
        with join_cluster([work], print) as cluster:
            assert cluster is not None

            def carry_out(some: list[Run], busy: list[float]) -> list[int]:
                sizes = []
                outcomes = cluster.carry_out(
                    benchmark,
                    PlannedRuns(some),
                    template=template,
                    runs_folder=some[0].folder.path.parent,
                    watch=Watch(SECONDS),
                    on_start=lambda _: None,
                    on_tick=lambda _: None,
                    on_report=lambda report: busy.append(report.busy_seconds),
                )
                for _, result in outcomes:
                    assert result.status == "ok", result.error
                    sizes.append(driver.memory_info().rss)
                return sizes

            carry_out(trivial_runs("warm-up", 2 * NODES), [])  # until the hosts have imported what kernels need
            busy: list[float] = []
            began, used = time.monotonic(), sum(driver.cpu_times()[:2])
            sizes = carry_out(runs, busy)
            course.seconds, course.busy_seconds = time.monotonic() - began, sum(busy)
            course.driver_seconds = sum(driver.cpu_times()[:2]) - used
            middle = len(sizes) // 2
            course.grown_bytes = (sizes[-1] - sizes[middle]) / max(1, len(sizes) - 1 - middle)
    return course


def _benchmark(address: str) -> Benchmark:
    return Benchmark.model_validate(
        {
            "name": "there",
            "task": {"kind": "text-classification"},
            "dataset": {"path": "builtin/acceptability", "limit": 60},
            "architectures": [{"name": "majority", "family": "majority"}],
            "tracking": {"mode": "disabled"},
            "execution": Execution(executor="ray", address=address),
        }
    )


def _line(name: str, unit: str, values: tuple[float, ...], target: float | None) -> Line:
    entry = {"who": "on Ray", "values": values, "target": target}
    return Line.model_validate({"name": name, "unit": unit, "entries": [entry]})
