"""Runs on a real Ray of several nodes on loopback: what they give, and what is left of them when something dies."""

import contextlib
import os
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
import ray

from app.bench.notebooks import Watch
from app.bench.plan import Run
from app.bench.resume import find_done
from app.bench.source import PlannedRuns
from app.cli import main
from app.clustering import join_cluster
from app.config import Architecture, Execution, load_config
from app.layout import FINETUNE, BenchmarkFolder, RunFolder
from app.preparation import check_and_plan
from app.results import read_result
from app.running import carry_out
from benchmarks.loopback import cluster_of
from tests.bench.templates import write_template
from tests.cli.commands import SMALL
from tests.conftest import PROJECT

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Ray joins several nodes on Linux alone")

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
        "architectures": SMALL["architectures"][1:],
        "hyperparameters": {"learning_rate": 1e-3, "epochs": 1, "batch_size": 16},
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


def cold(benchmark):
    """The same with kernels that are started afresh, which is sooner where there are few."""
    execution = benchmark.execution.model_copy(update={"kernel": "cold"})
    return benchmark.model_copy(update={"execution": execution})


def carry(cluster, benchmark, runs, template, on_start=lambda run: None, on_tick=lambda runs: None, reports=None):
    (runs[0].folder.path.parent).mkdir(parents=True, exist_ok=True)
    outcomes = cluster.carry_out(
        benchmark,
        PlannedRuns(runs),
        template=template,
        runs_folder=runs[0].folder.path.parent,
        watch=Watch(100),
        on_start=on_start,
        on_tick=on_tick,
        on_report=(reports if reports is not None else []).append,
    )
    with contextlib.closing(outcomes):
        return {run.run_id: result for run, result in outcomes}


@contextlib.contextmanager
def cluster_with(benchmark):
    """The same nodes with fresh hosts."""
    (work,) = check_and_plan([(benchmark, BenchmarkFolder.of("tiny"))], dry_run=False, force=True)
    with join_cluster([work], lambda words: None) as cluster:
        yield cluster


@pytest.mark.slow
def test_many_small_runs_go_to_all_nodes_and_each_has_what_it_asked_for(joined, work, template):
    runs, reports = trivial_runs("many", 24), []
    results = carry(joined, cold(work.benchmark), runs, template, reports=reports)
    assert [result.status for result in results.values()] == ["ok"] * 24
    assert {read_result(run.folder.result).run_id for run in runs} == set(results)
    assert len({report.node for report in reports}) == 2
    told = {(run.folder.path / "environment.txt").read_text() for run in runs}
    assert told == {"1\n\n0\n1"}
    assert all(result.attempts == 1 for result in results.values())


def test_runs_are_the_same_as_on_this_machine(joined, work, folder):
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


def test_a_node_that_does_not_see_the_folder_sends_what_a_run_has_left(joined, work, template, folder):
    (folder / "data").mkdir()
    (folder / "data" / "train.csv").write_text("text,label\n" + "".join(f"text {i},{i % 2}\n" for i in range(40)))
    words = ["dataset.path={train: data/train.csv}", "execution.store=ray", "execution.kernel=cold"]
    words += ["execution.resources.gpus=0.5"]
    benchmark = load_config(folder / "x.yaml", overrides=words)
    runs = trivial_runs("sent", 2, "big")
    with cluster_with(benchmark) as cluster:
        results = carry(cluster, benchmark, runs, template)
        places = [Path(place) for place in ray.get([m.host.place.remote() for m in cluster._members.values()])]
    assert [result.status for result in results.values()] == ["ok", "ok"]
    assert all((run.folder.model / "model.safetensors").stat().st_size == 256 * 80_000 for run in runs)
    assert all(run.folder.page.exists() for run in runs)
    told = [(run.folder.path / "environment.txt").read_text().split("\n") for run in runs]
    assert [gpu for _, gpu, *_ in told] == ["0", "0"]  # that Ray has assigned
    assert {place.name for place in places} == {folder.name}
    assert not any(place.exists() or place == folder for place in places)
    assert not list(runs[0].folder.path.parent.glob(".*"))


@pytest.mark.slow
def test_a_node_that_joins_takes_part_and_what_it_takes_with_it_is_run_elsewhere(joined, work, template, nodes, said):
    nodes.start(3)
    wait_until(lambda: any("127.0.0.3 takes part" in words for words in said))
    benchmark = cold(work.benchmark)
    runs, reports = trivial_runs("lost", 3, f"wait {Path.cwd() / 'go'}"), []
    done = trivial_runs("lost", 4)[3:]
    carry(joined, benchmark, done, template)
    before = done[0].folder.result.read_bytes()

    def lose(run):
        if run is runs[-1]:  # all are on their way
            threading.Thread(target=lose_node, daemon=True).start()

    def lose_node():
        wait_until(lambda: all((run.folder.path / "environment.txt").exists() for run in runs))
        nodes.kill(3)
        wait_until(lambda: any("127.0.0.3 is lost" in words for words in said))
        Path("go").touch()

    results = carry(joined, benchmark, runs, template, on_start=lose, reports=reports)
    assert [result.status for result in results.values()] == ["ok"] * 3
    assert sorted(result.attempts for result in results.values()) == [1, 1, 2]
    assert {read_result(run.folder.result).attempts for run in runs} == {1, 2}
    assert "127.0.0.3" not in {joined._members[report.node].node.address for report in reports}
    assert before == done[0].folder.result.read_bytes()


@pytest.mark.slow
def test_a_task_or_a_host_that_dies_alone_costs_an_attempt(joined, work, template, nodes):
    benchmark = cold(work.benchmark)
    first_run, second_run = trivial_runs("alone", 2, f"wait {Path.cwd() / 'all-again'}")
    runs = [replace(first_run, architecture=Architecture(name="doomed")), second_run]  # a task is titled by it
    begun = [run.folder.path / "environment.txt" for run in runs]
    first: list[float] = []

    def kill(under_way):
        if not first and all(path.exists() for path in begun):
            first.extend(path.stat().st_mtime for path in begun)
            for process in nodes.processes(1) + nodes.processes(2):  # each is titled by what it does
                title = process.name() + " ".join(process.cmdline())
                if "ray::doomed" in title or ("ray::NodeHost" in title and holds(runs[1], process)):
                    process.kill()
        elif first and all(
            path.exists() and path.stat().st_mtime > then for path, then in zip(begun, first, strict=True)
        ):
            Path("all-again").touch()

    results = carry(joined, benchmark, runs, template, on_tick=kill)
    assert [(result.status, result.attempts) for result in results.values()] == [("ok", 2), ("ok", 2)]


def holds(run, process) -> bool:
    """Whether the process has the log of the run's kernel open."""
    return any(f"/{run.run_id}/" in file.path for file in process.open_files())


def test_nodes_that_would_compute_something_else_are_named_and_nothing_is_run(
    joined, config, folder, capsys, monkeypatch
):
    other = folder / "other" / "numpy-0.1.dist-info"
    other.mkdir(parents=True)
    (other / "METADATA").write_text("Metadata-Version: 2.1\nName: numpy\nVersion: 0.1\n")
    monkeypatch.syspath_prepend(str(other.parent))  # this driver has another numpy than the nodes
    before = sorted(folder.glob("reports/*"))
    assert main(["--config", str(config), "--set", "name=else"]) == 2
    refusal = capsys.readouterr().err
    assert "node 127.0.0.2: numpy " in refusal
    assert "the driver has 0.1; run make setup there" in refusal
    assert sorted(folder.glob("reports/*")) == before


def test_an_interrupt_ends_every_kernel(joined, work, template):
    benchmark = cold(work.benchmark)
    runs, kernels = trivial_runs("stopped", 2, "wait for-ever"), []

    def interrupt(under_way):
        if all((run.folder.path / "environment.txt").exists() for run in runs):
            kernels.extend(kernels_of("stopped"))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), cluster_with(benchmark) as cluster:
        carry(cluster, benchmark, runs, template, on_tick=interrupt)
    assert len(kernels) >= 2
    assert [process.cmdline() for process in psutil.wait_procs(kernels, timeout=10)[1]] == []
    assert not any(run.folder.result.exists() for run in runs)


@pytest.mark.slow
def test_a_driver_that_is_killed_leaves_no_kernel_and_what_is_missing_can_be_run(
    joined, work, config, template, folder
):
    program = "from pathlib import Path; from tests.test_clustering import drive; drive(Path('x.yaml'))"
    driver = subprocess.Popen(
        [sys.executable, "-c", program], cwd=folder, env={**os.environ, "PYTHONPATH": str(PROJECT)}
    )
    done, *others = trivial_runs("killed", 2)
    wait_until(lambda: done.folder.result.exists() and kernels_of("killed"))
    wait_until(lambda: all((run.folder.path / "environment.txt").exists() for run in others))
    kernels = kernels_of("killed")
    driver.kill()
    driver.wait()
    assert kernels
    assert [process.cmdline() for process in psutil.wait_procs(kernels, timeout=10)[1]] == []
    assert set(find_done([done, *others])) == {done.run_id}
    Path("go-on").touch()
    before = done.folder.result.read_bytes()
    runs = trivial_runs("killed", 2, f"wait {folder / 'go-on'}")[1:]
    assert [result.status for result in carry(joined, cold(work.benchmark), runs, template).values()] == ["ok"]
    assert done.folder.result.read_bytes() == before


def drive(config: Path) -> None:
    """A driver of one run that ends and one that does not."""
    benchmark = load_config(config, overrides=["execution.kernel=cold"])
    (work,) = check_and_plan([(benchmark, BenchmarkFolder.of("tiny"))], dry_run=False, force=True)
    runs = trivial_runs("killed", 1) + trivial_runs("killed", 2, f"wait {Path.cwd() / 'go-on'}")[1:]
    with join_cluster([work], print) as cluster:
        carry(cluster, benchmark, runs, Path("template.py").resolve())


def test_what_no_node_has_room_for_is_refused_before_anything_is_written(joined, config, capsys, folder):
    before = sorted(folder.glob("reports/*"))
    asked = ["--set", "name=large", "--set", "execution.resources={cpus: 64, gpus: 0.5}"]
    assert main(["--config", str(config), *asked]) == 2
    assert "execution.resources: no node has 64 CPUs and 0.5 GPUs" in capsys.readouterr().err
    assert sorted(folder.glob("reports/*")) == before


def test_another_version_of_ray_is_refused_with_what_to_do(nodes):
    program = (
        "import ray; ray.__version__ = '0.0.1'\n"
        "from app.bench.cluster.connection import join_ray\n"
        "from app.config import Execution\n"
        f"with join_ray(Execution(executor='ray', address='{nodes.address}')): pass\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    refused = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True)
    last = refused.stderr.strip().splitlines()[-1]
    assert "ClusterError" in last
    assert "Version mismatch" in last
    assert "start its nodes with the Ray and the Python of this project's environment" in last


def wait_until(is_so, seconds=120):
    until = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.1)


def kernels_of(name: str) -> list[psutil.Process]:
    """The kernels that have a file of the benchmark open: its log."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if any(f"/reports/{name}/runs/" in file.path for file in process.open_files()):
                found.append(process)
    return found
