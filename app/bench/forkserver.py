"""The parent of warm kernels: imports once what notebooks import, then forks a fresh kernel for each run.

Started by `app.bench.warm`, which speaks to it in lines of JSON over stdin and stdout:

    -> {"fork": 1, "connection_file": "...", "environment": {...}, "folder": "...", "log": "..."}
    <- {"fork": 1, "pid": 4711}
    <- {"pid": 4711, "code": 0}            when the kernel has ended; negative: by that signal

The parent computes nothing: it starts no thread pool and never touches a GPU, so that a child begins as a new
interpreter would, only with its imports done. When stdin closes, the driver is gone and so are all kernels.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import json
import os
import random
import select
import signal
import sys
import time
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from app.config import FAMILIES

# what a kernel is made of, and what notebooks/report.py imports
KERNEL_MODULES = (
    "ipykernel.kernelapp",
    "ipykernel.zmqshell",
    "matplotlib_inline.backend_inline",
)
REPORT_MODULES = (
    "pyarrow.parquet",
    "matplotlib.pyplot",
    "matplotlib.backends.backend_svg",
    "scipy.special",
    "scipy.sparse",
    "app.report.board",
    "app.report.sections.changes",
    *(
        f"app.report.sections.{name}"
        for name in (
            *("agreement", "basis", "calibration", "confusion", "costs", "effects", "figures", "hard_examples"),
            *("inference", "lengths", "pareto", "passages", "provenance", "published", "residuals", "sensitivity"),
            *("slices", "tables"),
        )
    ),
)
# what the templates import, heaviest first; a module that is missing here costs time, not truth
MODULES = (
    "torch",
    "transformers",
    "transformers.trainer",
    "datasets",
    "evaluate",
    "sklearn.linear_model",
    "sklearn.feature_extraction.text",
    "sklearn.dummy",
    "pandas",
    *KERNEL_MODULES,
    *(f"transformers.models.{family.replace('-', '_')}.modeling_{family.replace('-', '_')}" for family in FAMILIES),
    "transformers.models.gpt2.modeling_gpt2",
    "app.lab.training",
    "app.lab.competitors",
    "app.lab.evaluation",
    "app.lab.tasks",
    "app.lab.charts",
    "app.lab.costs",
    "app.lab.profiling.backends",
    "app.lab.profiling.counting",
    "app.lab.profiling.limits",
    "app.lab.record",
    "app.lab.tracking",
    "app.lab.language.generation",
    "app.lab.language.bigram",
    *REPORT_MODULES,
)
TRACKING_MODULES = ("wandb", "wandb.sdk.launch")  # wandb.init imports the latter: two seconds for both
UNTRACKED = "--untracked"  # without them
REPORT_ALONE = "--report-alone"  # of all that, what a report needs: it is there in two seconds
_POLL_SECONDS = 0.02
_LAST_SECONDS = 2.0  # for what is ended to be gone
_KILL_WITH_PARENT, _ADOPT_ORPHANS = 1, 36  # PR_SET_PDEATHSIG and PR_SET_CHILD_SUBREAPER of prctl(2)


def main() -> None:
    """Serve until stdin closes."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what an import prints must not pass for an answer
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the driver decides what an interrupt means
    warnings.filterwarnings("ignore")
    for name in _wanted(sys.argv):
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    gc.collect()
    gc.freeze()  # the children share these pages as long as nobody writes to them
    _say(answers, ready=True)
    requests = _Lines(0)
    children: set[int] = set()
    _set_process(_ADOPT_ORPHANS, 1)  # what a kernel leaves behind becomes a child of this process
    own = _children()
    while (lines := requests.wait(_POLL_SECONDS)) is not None:
        for line in lines:
            request = json.loads(line)
            pid = os.fork()
            if pid == 0:
                answers.close()
                _become_kernel(request)
            children.add(pid)
            _say(answers, fork=request["fork"], pid=pid)
        for pid in tuple(children):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                children.discard(pid)
                _say(answers, pid=pid, code=os.waitstatus_to_exitcode(status))
        _end_strays(_children() - children - own)
    for pid in children:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
    until = time.monotonic() + _LAST_SECONDS
    while (left := _children() - own) and time.monotonic() < until:
        _end_strays(left)
        time.sleep(_POLL_SECONDS)


def _wanted(words: Sequence[str]) -> tuple[str, ...]:
    if REPORT_ALONE in words:
        return REPORT_MODULES + KERNEL_MODULES
    return MODULES if UNTRACKED in words else MODULES + TRACKING_MODULES


class _Lines:
    """Whole lines from a file descriptor, without blocking longer than asked."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor, self._rest = descriptor, b""

    def wait(self, seconds: float) -> list[bytes] | None:
        """The lines that came within `seconds`; None once the other side has closed."""
        if not select.select([self._descriptor], [], [], seconds)[0]:
            return []
        data = os.read(self._descriptor, 1 << 16)
        if not data:
            return None
        *lines, self._rest = (self._rest + data).split(b"\n")
        return lines


def _say(answers: Any, **answer: object) -> None:
    answers.write(json.dumps(answer) + "\n")
    answers.flush()


def _become_kernel(request: Mapping[str, Any]) -> None:
    """In the child: shed all that is the parent's, be a kernel, and end."""
    code = 1
    try:
        os.setsid()
        _set_process(_KILL_WITH_PARENT, signal.SIGKILL)
        _set_process(_ADOPT_ORPHANS, 1)  # what it starts is its own as long as it lives
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        nothing = os.open(os.devnull, os.O_RDONLY)
        log = os.open(request["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        os.dup2(nothing, 0)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.closerange(3, 256)
        os.chdir(request["folder"])
        os.environ.clear()
        os.environ.update(request["environment"])
        # read when torch was imported: too early for a kernel's own share
        if "OMP_NUM_THREADS" in os.environ and "torch" in sys.modules:
            sys.modules["torch"].set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
        random.seed()
        sys.modules["numpy"].random.seed()
        warnings.resetwarnings()
        from app.bench.kernel import start_kernel

        # it ends when the parent does, also without prctl
        options = ["--HistoryManager.hist_file=:memory:", f"--IPKernelApp.parent_handle={os.getppid()}"]
        start_kernel(Path(request["connection_file"]), options)
        code = 0
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else 1
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _set_process(option: int, value: int) -> None:
    # only Linux has it; elsewhere the parent ends its children when it can
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value)


def _children() -> set[int]:
    """The process ids of this process's children; none where the system does not tell."""
    try:
        return set(map(int, Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii").split()))
    except OSError:
        return set()


def _end_strays(pids: set[int]) -> None:
    """End what a kernel that is gone has left, whatever session it is in; W&B's service sees its end by itself."""
    for pid in pids:
        with contextlib.suppress(OSError):
            if Path(f"/proc/{pid}/comm").read_text(encoding="utf-8", errors="replace").strip() != "wandb-core":
                os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(OSError):
            os.waitpid(pid, os.WNOHANG)


if __name__ == "__main__":
    main()
