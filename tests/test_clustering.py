"""Runs on a real Ray of several nodes on loopback: what they give, and what is left of them when something dies."""

import contextlib
import sys
from pathlib import Path

import pytest

from app.admission import Admission
from app.bench.notebooks import Watch
from app.bench.plan import Run
from app.bench.source import PlannedRuns
from app.clustering import Cluster, join_cluster
from app.config import Architecture, Execution, load_config
from app.layout import BenchmarkFolder, RunFolder
from app.preparation import check_and_plan
from app.results import read_result
from app.running import carry_out
from tests.bench.templates import write_template
from tests.cli.commands import SMALL
from tests.clusters import cluster_of

ray = pytest.importorskip("ray") if sys.platform == "win32" else __import__("ray")

PARAMETERS = """\
benchmark: str = ""
run_id: str = ""
run_folder: str = ""
act: str = ""
"""
BODY = """\
import os
import time
from datetime import UTC, datetime
from pathlib import Path

from app.results import RunResult, Status, write_result

folder, began = Path(run_folder), datetime.now(UTC)
names = ("OMP_NUM_THREADS", "CUDA_VISIBLE_DEVICES", "BERT_BENCHMARK_EXCLUSIVE", "BERT_BENCHMARK_CORES")
(folder / "environment.txt").write_text("\\n".join(os.environ[name] for name in names))
if act == "big":
    (folder / "model").mkdir()
    (folder / "model" / "model.safetensors").write_bytes(bytes(range(256)) * 80_000)
if act == "read":
    (folder / "sample.txt").write_text(Path("data/words.txt").read_text())
while act.startswith("wait ") and not Path(act[5:]).exists():
    time.sleep(0.05)
result = RunResult(
    run_id=run_id,
    benchmark=benchmark,
    status=Status.OK,
    architecture="trivial",
    family="",
    seed=0,
    hyperparameters={},
    started=began,
    finished=datetime.now(UTC),
)
write_result(result, folder / "result.json")\
"""


@pytest.fixture(scope="module")
def nodes():
    with cluster_of(2) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The folder that the driver of this module works in, with a cache of its own."""
    folder = tmp_path_factory.mktemp("driver")
    with pytest.MonkeyPatch.context() as patch, contextlib.chdir(folder):
        patch.setenv("BERT_BENCHMARK_CACHE", str(folder / "cache"))
        yield folder


@pytest.fixture(scope="module")
def config(nodes, folder):
    import yaml

    document = {
        "name": "tiny",
        "task": {"kind": "text-classification", "metric": "accuracy"},
        "dataset": {"path": "builtin/acceptability", "max_length": 16, "limit": 60},
        "inference": {"batch_sizes": [1], "sequence_lengths": [8]},
        "tracking": {"mode": "disabled"},
        **SMALL,
        "seeds": [0],
        "execution": {"executor": "ray", "address": nodes.address},
    }
    path = folder / "x.yaml"
    path.write_text(yaml.safe_dump(document))
    return path


@pytest.fixture(scope="module")
def said():
    return []


@pytest.fixture(scope="module")
def work(config):
    benchmark = load_config(config)
    (work,) = check_and_plan([(benchmark, BenchmarkFolder.of("tiny"))], dry_run=False, force=True)
    return work


@pytest.fixture(scope="module")
def joined(work, said):
    with join_cluster([work], said.append) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def template(folder):
    return write_template(folder, BODY, PARAMETERS)


def trivial_runs(name: str, number: int, act: str = "") -> list[Run]:
    """Runs that do next to nothing, in a benchmark of that name."""
    found = []
    for index in range(number):
        run_id, place = f"run-{index}-{index:08x}", Path("reports") / name / "runs" / f"run-{index}-{index:08x}"
        parameters = {"benchmark": name, "run_id": run_id, "run_folder": str(place), "act": act}
        found.append(Run(run_id, Architecture(name="trivial"), 0, {}, parameters, RunFolder(place)))
    return found


def carry(cluster, benchmark, runs, template, on_start=lambda run: None, reports=None):
    (runs[0].folder.path.parent).mkdir(parents=True, exist_ok=True)
    outcomes = cluster.carry_out(
        benchmark,
        PlannedRuns(runs),
        template=template,
        runs_folder=runs[0].folder.path.parent,
        watch=Watch(100),
        on_start=on_start,
        on_tick=lambda runs: None,
        on_report=(reports if reports is not None else []).append,
    )
    with contextlib.closing(outcomes):
        return {run.run_id: result for run, result in outcomes}


@contextlib.contextmanager
def cluster_with(work, **execution):
    """The same nodes with fresh hosts, for which something is otherwise."""
    asked = work.benchmark.execution.model_copy(update=execution)
    benchmark = work.benchmark.model_copy(update={"execution": asked})
    admission = Admission(ray, [benchmark], [{"data": work.dataset.fingerprint}])
    cluster = Cluster(ray, asked, admission, lambda words: None)
    try:
        cluster.open()
        yield cluster, benchmark
    finally:
        cluster.close(gently=True)


def test_runs_are_the_same_as_on_this_machine(joined, work, folder):
    from app.layout import FINETUNE

    runs = list(work.runs)
    there = carry(joined, work.benchmark, runs, FINETUNE)
    files = {run.run_id: run.folder.predictions.read_bytes() for run in runs}
    assert all(run.folder.page.exists() or run.folder.notebook.exists() for run in runs)
    local = work.benchmark.model_copy(update={"execution": Execution(kernel="cold")})
    here = carry_out(
        local,
        PlannedRuns(runs),
        runs_folder=BenchmarkFolder.of("tiny").runs,
        parent=None,
        watch=Watch(100),
        total=len(runs),
        done=[],
        seconds_left=None,
    )
    here = {run.run_id: result for run, result in here}
    assert set(here) == set(there) == {run.run_id for run in runs}
    for run in runs:
        assert there[run.run_id].status == "ok", there[run.run_id].error
        assert there[run.run_id].metrics == here[run.run_id].metrics
        assert there[run.run_id].dataset == here[run.run_id].dataset
        assert there[run.run_id].hyperparameters == here[run.run_id].hyperparameters
        assert files[run.run_id] == run.folder.predictions.read_bytes()
        assert not there[run.run_id].cost.training_exclusive  # both nodes are of one machine
        assert not there[run.run_id].cost.exclusive


def test_many_small_runs_go_to_all_nodes_and_each_has_what_it_asked_for(joined, work, template):
    runs, reports = trivial_runs("many", 24), []
    results = carry(joined, work.benchmark, runs, template, reports=reports)
    assert [result.status for result in results.values()] == ["ok"] * 24
    assert {read_result(run.folder.result).run_id for run in runs} == set(results)
    assert len({report.node for report in reports}) == 2
    told = {(run.folder.path / "environment.txt").read_text() for run in runs}
    assert told == {"1\n\n0\n1"}
    assert all(result.attempts == 1 for result in results.values())
