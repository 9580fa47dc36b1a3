"""A template is executed in a kernel of its own, warm or cold; whatever happens there becomes an outcome."""

import os
import threading
import time

import nbformat
import psutil
import pytest

from app.bench.kernels import Kernel
from app.bench.machine import Machine
from app.bench.notebooks import (
    Watch,
    check_parameters,
    execute_notebook,
    execute_or_raise,
    template_parameters,
)
from app.errors import TemplateError
from app.layout import FINETUNE, LANGUAGE_MODEL, REPORT
from app.results import STOPPED, Status
from tests.bench.templates import HEADER, write_template


@pytest.fixture(params=["cold", "warm"])
def parent(request):
    return request.getfixturevalue("warm_parent") if request.param == "warm" else None


@pytest.fixture
def carry_out(here, parent):
    """Executes a template in a kernel that ends with it."""

    def run(template, output, *, parameters=None, environment=None, watch=None):
        kernel = Kernel(environment or {}, here / "log.txt", parent)
        try:
            with Machine() as machine:
                return execute_notebook(
                    template, output, parameters or {}, kernel=kernel, watch=watch or Watch(60), machine=machine
                )
        finally:
            kernel.close()

    return run


@pytest.fixture
def execute(here, carry_out):
    def run(body, *, seconds=60.0, parameters=None, declared="x: int = 1", environment=None):
        output = here / "out.ipynb"
        outcome = carry_out(
            write_template(here, body, declared),
            output,
            parameters=parameters,
            environment=environment,
            watch=Watch(seconds),
        )
        return outcome, nbformat.read(output, 4) if output.exists() else None

    return run


def printed(notebook) -> str:
    return "".join(output.get("text", "") for cell in notebook.cells for output in cell.get("outputs", ()))


def is_gone(pid: int) -> bool:
    """Whether a process has ended, or ends within seconds."""
    for _ in range(50):
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.1)
    return False


def test_parameters_are_injected_and_the_notebook_is_kept(execute):
    outcome, notebook = execute("print(x * 2)", parameters={"x": 21})
    assert (outcome.status, outcome.error) == (Status.OK, None)
    assert printed(notebook) == "42\n"


def test_the_kernel_has_the_environment_it_was_given(execute):
    outcome, notebook = execute("import os; print(os.environ['COLOUR'])", environment={"COLOUR": "blue"})
    assert outcome.status is Status.OK
    assert printed(notebook) == "blue\n"


def test_the_kernel_is_another_process_in_the_same_folder(execute, here):
    _, notebook = execute("import os; print(os.getpid(), os.getcwd())")
    pid, folder = printed(notebook).split()
    assert int(pid) != os.getpid()
    assert os.path.realpath(folder) == os.path.realpath(here)


def test_an_exception_is_a_failure_with_its_cell(execute):
    outcome, notebook = execute("1 / 0")
    assert outcome.status is Status.FAILED
    assert (outcome.error.kind, outcome.error.message) == ("ZeroDivisionError", "division by zero")
    marks = [cell for cell in notebook.cells if "papermill-error-cell-tag" in cell.metadata.get("tags", ())]
    cells = [cell for cell in notebook.cells if cell not in marks]  # papermill points at the cell by two more
    assert cells[outcome.error.cell].source == "1 / 0"
    assert "1 / 0" in outcome.traceback
    assert "\x1b" not in outcome.traceback


def test_leaving_the_interpreter_is_a_failure(execute):
    outcome, _ = execute("import sys; sys.exit(3)")
    assert (outcome.status, outcome.error.kind) == (Status.FAILED, "SystemExit")


@pytest.mark.parametrize(("body", "how"), [("os.kill(os.getpid(), 9)", "SIGKILL"), ("os._exit(3)", "exit code 3")])
def test_a_dead_kernel_is_told_by_how_it_died(execute, body, how):
    outcome, _ = execute(f"import os; {body}")
    assert (outcome.status, outcome.error.kind) == (Status.KILLED, "KernelDied")
    assert how in outcome.error.message


def test_a_run_over_its_time_is_ended_with_all_it_started(execute, here):
    body = "import subprocess, os; p = subprocess.Popen(['sleep', '60'])\nopen('pid', 'w').write(str(p.pid))\np.wait()"
    began = time.monotonic()
    outcome, _ = execute(body, seconds=8.0)
    assert outcome.status is Status.TIMEOUT
    assert "execution.timeout_seconds" in outcome.error.message
    assert time.monotonic() - began < 30
    assert is_gone(int((here / "pid").read_text()))


def test_nothing_of_one_kernel_reaches_the_next(execute):
    execute("import os, sys, random\nos.environ['LEFT'] = '1'\nsys.path.append('left')\nos.chdir('/')\nmarked = 1")
    _, notebook = execute(
        "import os, sys\nprint('LEFT' in os.environ, 'left' in sys.path, os.getcwd() == '/', 'marked' in globals())"
    )
    assert printed(notebook) == "False False False False\n"


def test_signals_threads_memory_and_seeds_are_each_kernels_own(execute):
    show = (
        "import signal, threading, resource, torch, sys\n"
        "own = [t.name for t in threading.enumerate() if t.name == 'left']\n"
        "print(signal.getsignal(signal.SIGUSR1), own, torch.get_num_threads(), sys.getrecursionlimit(),"
        " resource.getrlimit(resource.RLIMIT_NOFILE)[0], hasattr(torch, 'left'))"
    )
    _, before = execute(show)
    execute(
        "import resource, signal, sys, threading, time, torch\n"
        "signal.signal(signal.SIGUSR1, lambda *_: None)\n"
        "threading.Thread(target=time.sleep, args=(60,), name='left', daemon=True).start()\n"
        "torch.set_num_threads(3); torch.manual_seed(7); torch.left = bytearray(50_000_000)\n"
        "sys.setrecursionlimit(5000); resource.setrlimit(resource.RLIMIT_NOFILE, (300, 400))"
    )
    _, after = execute(show)
    assert printed(after) == printed(before)
    assert "[]" in printed(after)


def test_a_kernel_starts_without_the_randomness_of_its_sibling(execute):
    first, second = (
        printed(execute("import random, numpy\nprint(random.random(), numpy.random.rand())")[1]) for _ in "ab"
    )
    assert first != second


def test_after_a_stop_no_kernel_starts(here, carry_out):
    watch = Watch(60)
    watch.stop()
    outcome = carry_out(write_template(here, "open('ran', 'w')"), here / "o.ipynb", watch=watch)
    assert (outcome.status, outcome.error.kind) == (Status.KILLED, "Interrupted")
    assert not (here / "ran").exists()


def test_one_run_can_be_stopped_and_says_why(here, carry_out):
    watch = Watch(60)
    body = "open('began', 'w').close()\nimport time; time.sleep(60)"
    template = write_template(here, body, "run_id: str = ''")

    def stop_when_begun():
        while not (here / "began").exists():
            time.sleep(0.05)
        watch.stop_run("other", "not this one")
        watch.stop_run("bad", "stopped at epoch 1 of 3")

    stopping = threading.Thread(target=stop_when_begun)
    stopping.start()
    began = time.monotonic()
    outcome = carry_out(template, here / "o.ipynb", parameters={"run_id": "bad"}, watch=watch)
    stopping.join()
    assert (outcome.status, outcome.error.kind) == (Status.KILLED, STOPPED)
    assert outcome.error.message == "stopped at epoch 1 of 3"
    assert time.monotonic() - began < 50
    ours = write_template(here, "x", "run_id: str = ''\nx: int = 1")
    assert carry_out(ours, here / "o.ipynb", parameters={"run_id": "good"}, watch=watch).status is Status.OK
    assert carry_out(ours, here / "o.ipynb", parameters={"run_id": "bad"}, watch=watch).error.kind == STOPPED


def test_braces_in_a_path_are_only_braces(here, carry_out):
    output = here / "{x}" / "out.ipynb"
    assert carry_out(write_template(here, "x"), output).status is Status.OK
    assert output.exists()


def test_unknown_parameters_are_refused_before_a_kernel_starts(here):
    template = write_template(here, "x", "x: int = 1\ny: str | None = None\nz: dict = {'a': 1}")
    assert template_parameters(template) == {"x": 1, "y": None, "z": {"a": 1}}
    check_parameters(template, {"x": 2, "y": "a", "z": {}})
    with pytest.raises(TemplateError, match="does not declare w"):
        check_parameters(template, {"w": 1})


def test_a_template_without_parameters_is_refused(here):
    path = here / "bare.py"
    path.write_text(f"{HEADER}# %%\nx = 1\n")
    with pytest.raises(TemplateError, match="tagged parameters"):
        template_parameters(path)


def test_a_notebook_that_has_to_succeed_raises_with_the_cell(here):
    with pytest.raises(TemplateError, match="cell 2: ValueError: no"):
        execute_or_raise(write_template(here, "raise ValueError('no')"), here / "o.ipynb", {"x": 1})


@pytest.mark.parametrize("template", [FINETUNE, LANGUAGE_MODEL, REPORT], ids=lambda path: path.name)
def test_papermill_reads_every_parameter_of_our_templates(template):
    import papermill

    from app.bench.notebooks import read_template

    seen = papermill.inspect_notebook(read_template(template))
    assert set(seen) == set(template_parameters(template))
