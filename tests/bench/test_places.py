"""A place gives out kernels with its share of the machine; the next one is ready before it is asked for."""

import os

import psutil
import pytest

from app.bench.machine import Machine
from app.bench.notebooks import Watch, execute_notebook
from app.bench.places import Place
from app.results import Status
from tests.bench.templates import write_template


@pytest.fixture
def machine():
    with Machine() as machine:
        yield machine


@pytest.fixture
def open_place(here, machine):
    opened = []

    def one(parent, **environment):
        place = Place(
            machine=machine,
            parent=parent,
            watch=Watch(60),
            logs=here,
            environment=lambda: {"PLACE": "7", **environment},
        )
        opened.append(place)
        return place

    yield one
    for place in opened:
        place.close()


def test_the_next_kernel_runs_before_it_is_asked_for_and_is_fresh(here, machine, open_place, warm_parent):
    place = open_place(warm_parent)
    template = write_template(
        here,
        "import os\nopen(x, 'w').write(f\"{os.getpid()} {os.environ['PLACE']} {'leak' in globals()}\")\nleak = 1",
        "x: str = ''",
    )
    pids, ahead = [], None
    for name in ("first", "second"):
        place.expects_more = name == "first"
        with place.kernel(here / f"{name}.log", {}) as kernel:
            if name == "second":
                assert kernel.runs
                assert kernel.pid == ahead
            outcome = execute_notebook(
                template, here / "o.ipynb", {"x": name}, kernel=kernel, watch=Watch(60), machine=machine
            )
            assert outcome.status is Status.OK
            assert place.pid == kernel.pid
            place.prepare()
            ahead = place._spare[0].pid if place._spare else None
        pid, where, leaked = (here / name).read_text().split()
        assert (where, leaked) == ("7", "False")
        pids.append(int(pid))
        assert (here / f"{name}.log").exists()
    assert pids[0] != pids[1]
    assert ahead is None  # nothing more was expected
    assert not list(here.glob(".kernel-*"))


def test_a_kernel_that_nobody_took_ends_with_the_place(here, open_place, warm_parent):
    place = open_place(warm_parent)
    place.expects_more = True
    place.prepare()
    pid = place._spare[0].pid
    assert psutil.pid_exists(pid)
    place.close()
    assert not psutil.pid_exists(pid)
    assert not list(here.glob(".kernel-*"))


def test_a_kernel_that_has_died_meanwhile_is_not_handed_out(here, open_place, warm_parent):
    place = open_place(warm_parent)
    place.expects_more = True
    place.prepare()
    spare = place._spare[0]
    spare.kill()
    spare.manager.started.wait(10)
    with place.kernel(here / "log.txt", {}) as kernel:
        assert kernel is not spare


def test_what_one_attempt_is_told_beyond_the_others_takes_a_kernel_of_its_own(here, machine, open_place, warm_parent):
    place = open_place(warm_parent)
    place.expects_more = True
    place.prepare()
    template = write_template(here, "import os\nopen('seen', 'w').write(os.environ['ATTEMPT'])", "x: int = 1")
    with place.kernel(here / "log.txt", {"ATTEMPT": "2"}) as kernel:
        execute_notebook(template, here / "o.ipynb", {}, kernel=kernel, watch=Watch(60), machine=machine)
    assert (here / "seen").read_text() == "2"


def test_a_forked_kernel_has_the_threads_of_its_share(here, machine, open_place, warm_parent):
    threads = str(1 + int(os.environ.get("OMP_NUM_THREADS", "1")))
    place = open_place(warm_parent, OMP_NUM_THREADS=threads)
    template = write_template(here, "import torch\nopen('seen', 'w').write(str(torch.get_num_threads()))", "x: int = 1")
    with place.kernel(here / "log.txt", {}) as kernel:
        execute_notebook(template, here / "o.ipynb", {}, kernel=kernel, watch=Watch(60), machine=machine)
    assert (here / "seen").read_text() == threads


def test_where_kernels_are_not_forked_none_is_started_ahead(here, open_place):
    place = open_place(None)
    place.expects_more = True
    place.prepare()
    assert place._spare is None
