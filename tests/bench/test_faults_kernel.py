"""Whatever becomes of a kernel, its run ends in one of four ways and says so, and no other run is touched."""

import os
import signal
import time

import nbformat
import psutil
import pytest

from app.bench.forkserver import REPORT_ALONE
from app.bench.kernels import Kernel, kernel_environment
from app.bench.limits import LOG_BYTES
from app.bench.notebooks import Watch
from app.bench.outputs import TEXT_BYTES
from app.bench.warm import WarmParent, can_fork
from app.results import Status, read_result
from tests.bench.faults import GOOD, Bench, digest_folder
from tests.seldom import seldom

MEMORY = 700_000_000  # bytes: some hundred million more than a kernel with nothing in it holds
FIRST = "import os\nfirst = os.environ.get('BERT_BENCHMARK_ATTEMPT', '1') == '1'\n"


@pytest.fixture(scope="module")
def light_parent():
    """A parent that has imported little: it is there in two seconds."""
    if not can_fork():
        yield None
        return
    parent = WarmParent(kernel_environment(), REPORT_ALONE)
    yield parent
    parent.close()


@pytest.fixture(scope="module")
def bench(tmp_path_factory, light_parent):
    bench = Bench(tmp_path_factory.mktemp("faults") / "reports", light_parent)
    assert bench.carry_out(GOOD, "done-00000000").status is Status.OK
    return bench


@pytest.fixture(autouse=True)
def _completed_run_is_intact(bench):
    folder = bench.run_folder("done-00000000").path
    before = digest_folder(folder)
    bench.retried.clear()
    yield
    assert digest_folder(folder) == before
    assert set(before) == {"notebook.ipynb", "result.json", "predictions.parquet", "log.txt"}


def are_gone(folder) -> bool:
    """Whether the processes that a notebook has noted have ended, or end within seconds."""
    pids = [int(path.read_text()) for path in folder.glob("pid-*")]
    assert pids
    for _ in range(100):
        alive = [pid for pid in pids if psutil.pid_exists(pid)]
        if all(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE for pid in alive):
            return True
        time.sleep(0.1)
    return False


def printed(bench) -> str:
    notebook = nbformat.read(bench.run_folder().notebook, 4)
    return "".join(output.get("text", "") for cell in notebook.cells for output in cell.get("outputs", ()))


def test_a_kernel_that_is_killed_is_tried_again_and_the_record_tells_of_both(bench):
    result = bench.carry_out(f"{FIRST}if first:\n    os.kill(os.getpid(), 9)\n{GOOD}")
    assert (result.status, result.attempts, bench.retried) == (Status.OK, 2, ["KernelDied"])
    (lost,) = result.earlier_attempts
    assert lost.kind == "KernelDied"
    assert "SIGKILL" in lost.message
    assert lost.seconds > 0
    assert result.batch_parts == 1
    assert read_result(bench.run_folder().result) == result


@pytest.mark.slow
def test_a_kernel_that_is_killed_every_time_is_given_up(bench):
    result = bench.carry_out("import os\nos.kill(os.getpid(), 9)", retries=2)
    assert (result.status, result.error.kind, result.attempts) == (Status.KILLED, "KernelDied", 3)
    assert [attempt.kind for attempt in result.earlier_attempts] == ["KernelDied", "KernelDied"]
    assert read_result(bench.run_folder().result) == result


def test_a_kernel_that_dies_before_it_answers_is_tried_again(bench, monkeypatch):
    """As one does that finds its ports taken, where kernels speak over ports; here they have sockets of their own."""
    start, tries = Kernel.start, []

    def die_at_first(kernel):
        start(kernel)
        tries.append(kernel.pid)
        if len(tries) == 1:
            os.kill(kernel.pid, signal.SIGKILL)

    monkeypatch.setattr(Kernel, "start", die_at_first)
    result = bench.carry_out(GOOD)
    assert (result.status, result.attempts, len(tries)) == (Status.OK, 2, 2)


@pytest.mark.parametrize(
    "grow",
    [
        "import numpy\nheld = numpy.ones(400_000_000)",
        "held = []\nwhile True:\n    held.append(bytearray(20_000_000))",
        "import subprocess, sys\nhold = 'import time; held = bytearray(800_000_000); time.sleep(60)'\n"
        "subprocess.run([sys.executable, '-c', hold])",
    ],
    ids=["at once", "little by little", "in a process of its own"],
)
def test_a_run_that_holds_more_than_it_may_is_out_of_memory(bench, grow):
    result = bench.carry_out(grow, retries=0, watch=Watch(60, MEMORY))
    assert result.status in (Status.FAILED, Status.KILLED)
    assert result.error.kind == "OutOfMemory"
    assert read_result(bench.run_folder().result) == result


def test_out_of_memory_is_tried_once_more_with_half_a_batch_at_a_time(bench):
    body = f"{FIRST}import numpy\nheld = numpy.ones(400_000_000) if first else None\n{GOOD}"
    result = bench.carry_out(body, retries=5, watch=Watch(60, MEMORY))
    assert (result.status, result.attempts, result.batch_parts) == (Status.OK, 2, 2)
    assert [attempt.kind for attempt in result.earlier_attempts] == ["OutOfMemory"]
    again = bench.carry_out("import numpy\nnumpy.ones(400_000_000)", retries=5, watch=Watch(60, MEMORY))
    assert (again.status, again.attempts, again.error.kind) == (Status.FAILED, 2, "OutOfMemory")


def test_a_hanging_cell_is_ended_with_all_it_started_wherever_that_has_gone(bench):
    note = "open(f'{run_folder}/pid-{os.getpid()}', 'w').write(str(os.getpid()))"
    body = f"""
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
sleep = 'import os, signal, sys, time; signal.signal(15, signal.SIG_IGN); os.chdir(sys.argv[1]);' \\
    'open(f"pid-{{os.getpid()}}", "w").write(str(os.getpid())); time.sleep(60)'
subprocess.Popen([sys.executable, '-c', sleep, run_folder])
subprocess.Popen([sys.executable, '-c', sleep, run_folder], start_new_session=True)
if os.fork() == 0:  # a daemon as they are made: forked twice, in a session of its own, with no exec
    os.setsid()
    if os.fork() == 0:
        {note}
        time.sleep(60)
    os._exit(0)
{note}
time.sleep(60)
"""
    result = bench.carry_out(body, watch=Watch(5))
    assert (result.status, result.attempts) == (Status.TIMEOUT, 1)
    assert "execution.timeout_seconds" in result.error.message
    assert len(list(bench.run_folder().path.glob("pid-*"))) == 4
    assert are_gone(bench.run_folder().path)


def test_what_a_run_that_ended_well_has_left_running_is_ended_too(bench):
    body = f"""
import os, subprocess
left = subprocess.Popen(['sleep', '60'], start_new_session=True)
open(f'{{run_folder}}/pid-{{left.pid}}', 'w').write(str(left.pid))
{GOOD}"""
    assert bench.carry_out(body).status is Status.OK
    assert are_gone(bench.run_folder().path)


@pytest.mark.parametrize("leave", ["import sys; sys.exit(3)", "import os; os._exit(0)"])
def test_leaving_early_is_no_success(bench, leave):
    result = bench.carry_out(leave, retries=0)
    assert result.status in (Status.FAILED, Status.KILLED)
    assert result.error.kind in ("SystemExit", "KernelDied")


def test_a_notebook_that_ends_without_a_result_has_failed(bench):
    result = bench.carry_out("x = 1")
    assert (result.status, result.error.kind) == (Status.FAILED, "NoResult")
    torn = bench.carry_out(f"{GOOD}\nopen(f'{{run_folder}}/result.json', 'r+').truncate(200)")
    assert (torn.status, torn.error.kind) == (Status.FAILED, "NoResult")


@pytest.mark.parametrize(
    "flood",
    [
        seldom("for _ in range(200_000):\n    print('x' * 499)"),
        "print('x' * 100_000_000)",
        "from IPython.display import HTML, display\ndisplay(HTML('x' * 100_000_000))",
    ],
    ids=["in lines", "at once", "as a figure"],
)
def test_a_flood_of_output_is_bounded_and_said(bench, flood):
    process = psutil.Process()
    before = process.memory_info().rss
    result = bench.carry_out(f"{flood}\n{GOOD}")
    assert result.status is Status.OK
    assert process.memory_info().rss - before < 60_000_000
    assert bench.run_folder().notebook.stat().st_size < 2 * TEXT_BYTES
    text = bench.run_folder().notebook.read_text()
    assert "left out" in text


def test_a_flood_past_the_notebook_is_bounded_and_said(bench):
    body = f"import os\nfor _ in range(100):\n    os.write(1, b'x' * 1_000_000)\nos.write(2, b'the last words')\n{GOOD}"
    assert bench.carry_out(body).status is Status.OK
    log = bench.run_folder().log.read_bytes()
    assert len(log) <= LOG_BYTES
    assert b"left out" in log
    assert b"the last words" in log + printed(bench).encode()
