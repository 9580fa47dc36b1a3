"""A template as an executed notebook: its parameters checked, run by papermill in a kernel of its own."""

from __future__ import annotations

import ast
import contextlib
import copy
import functools
import logging
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jupytext
import papermill
from nbclient.exceptions import DeadKernelError
from nbformat import NotebookNode
from papermill.exceptions import PapermillExecutionError

from app.bench.engine import ENGINE
from app.bench.kernels import Kernel
from app.bench.limits import Limits
from app.bench.machine import Machine
from app.bench.retries import OUT_OF_MEMORY, name_failure
from app.bench.warm import WarmParent
from app.errors import TemplateError
from app.results import STOPPED, RunFailure, Status

__all__ = [
    "Outcome",
    "Watch",
    "check_parameters",
    "execute_notebook",
    "execute_or_raise",
    "read_template",
    "template_parameters",
]

logging.getLogger("papermill").setLevel(logging.CRITICAL)  # what goes wrong is told by the outcome

REPORT_SECONDS = 1800

_ANSI = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Outcome:
    """How the execution of a notebook ended."""

    status: Status
    error: RunFailure | None = None
    traceback: str = ""


@dataclass(eq=False)
class Watch:
    """What may end notebooks early: a limit of time or of memory for each, or a word from another thread.

    `stop()` ends them all, as if they had never been; `stop_run()` ends one, which is then a run that was stopped.
    """

    seconds: float
    memory_bytes: int | None = None  # that a kernel may hold with all it has started; None: there is no limit
    stopped: bool = False
    _kernels: dict[Kernel, str] = field(default_factory=dict)  # and which run it is at
    _reasons: dict[str, str] = field(default_factory=dict)  # run id -> why it is stopped
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def stop(self) -> None:
        """End every kernel that is running; those yet to start will not."""
        with self._lock:
            self.stopped = True
            for kernel in self._kernels:
                kernel.kill()

    def stop_run(self, run_id: str, reason: str) -> None:
        """End one run, also one that is yet to start; its record will be `killed`, `Stopped`, for that reason."""
        with self._lock:
            self._reasons[run_id] = reason
            for kernel, at in self._kernels.items():
                if at == run_id:
                    kernel.kill()

    def reason(self, run_id: str) -> str | None:
        """Why the run is stopped; None if it is not."""
        return self._reasons.get(run_id)

    def enter(self, kernel: Kernel, run_id: str) -> None:
        with self._lock:
            self._kernels[kernel] = run_id

    def leave(self, kernel: Kernel) -> None:
        with self._lock:
            self._kernels.pop(kernel, None)


def read_template(path: Path) -> NotebookNode:
    """The template at `path` as a notebook.

    Raises:
        TemplateError: it has no cell tagged `parameters`.
    """
    notebook = copy.deepcopy(_parse(path, path.stat().st_mtime_ns))
    if not _parameter_cells(notebook):
        raise TemplateError(f"{path}: no cell is tagged parameters")
    return notebook


@functools.lru_cache(maxsize=8)
def _parse(path: Path, changed: int) -> NotebookNode:  # noqa: ARG001  # a template that changes is read anew
    notebook: NotebookNode = jupytext.read(path)
    return notebook


def template_parameters(path: Path) -> dict[str, Any]:
    """Name -> default of every parameter that the template at `path` declares.

    Papermill finds them by a regular expression that misses some annotations; this reads the cell as Python.
    """
    found: dict[str, Any] = {}
    for statement in ast.parse(_parameter_cells(read_template(path))[0].source).body:
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name) and statement.value:
            found[statement.target.id] = ast.literal_eval(statement.value)
        elif isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            found[statement.targets[0].id] = ast.literal_eval(statement.value)
    return found


def check_parameters(path: Path, parameters: Mapping[str, Any]) -> None:
    """See that the template at `path` declares every one of `parameters`; papermill would only warn.

    Raises:
        TemplateError: it does not.
    """
    unknown = sorted(set(parameters) - set(template_parameters(path)))
    if unknown:
        raise TemplateError(f"{path}: its parameters cell does not declare {', '.join(unknown)}")


def execute_notebook(
    template: Path,
    output: Path,
    parameters: Mapping[str, Any],
    *,
    kernel: Kernel,
    watch: Watch,
    machine: Machine,
    when_measured: Callable[[], None] | None = None,
) -> Outcome:
    """Execute a template with `parameters` in `kernel` and leave the executed notebook at `output`.

    A failure of the notebook is returned, not raised: this is the one place where whatever goes wrong in a run
    becomes an outcome.

    Args:
        template: a jupytext notebook.
        output: the .ipynb file to write.
        parameters: values for parameters that the template declares.
        kernel: started already, or not yet; whoever made it closes it.
        watch: the time limit, and the way to stop.
        machine: grants the notebook the machine when it measures.
        when_measured: called when it is through with measuring.

    Raises:
        TemplateError: the template does not declare one of the parameters.
        OSError: the folder of `output` cannot be written.
    """
    check_parameters(template, parameters)
    output.parent.mkdir(parents=True, exist_ok=True)
    limits = Limits(kernel, machine, seconds=watch.seconds, memory_bytes=watch.memory_bytes)
    run_id = str(parameters.get("run_id", ""))
    watch.enter(kernel, run_id)
    try:
        if (ended := _ended_early(watch, run_id)) is not None:
            return ended
        with limits, contextlib.ExitStack() as hosted:
            if not kernel.runs:
                with machine.work():
                    kernel.start()
            hosted.enter_context(machine.host(kernel.pid or 0, when_measured))
            papermill.execute_notebook(
                read_template(template),
                str(output).replace("{", "{{").replace("}", "}}"),  # papermill formats paths
                parameters=dict(parameters),
                kernel_name="python3",
                language="python",
                engine_name=ENGINE,
                progress_bar=False,
                start_timeout=120,
                km=kernel.manager,
            )
        return Outcome(Status.OK)
    except PapermillExecutionError as error:
        kind = name_failure(error.ename, error.evalue)
        failure = RunFailure(kind=kind, message=_plain(error.evalue), cell=error.cell_index)
        return Outcome(Status.FAILED, failure, _plain("\n".join(error.traceback)))
    except Exception as error:
        if limits.expired:
            message = f"took longer than execution.timeout_seconds allows ({watch.seconds:g} s) and was ended"
            return Outcome(Status.TIMEOUT, RunFailure(kind="Timeout", message=message))
        if limits.held_bytes is not None:
            return Outcome(Status.KILLED, RunFailure(kind=OUT_OF_MEMORY, message=limits.describe_memory()))
        if (ended := _ended_early(watch, run_id)) is not None:
            return ended
        if isinstance(error, DeadKernelError | RuntimeError):
            message = f"the kernel died ({kernel.last_words()}); log.txt has what it said"
            return Outcome(Status.KILLED, RunFailure(kind="KernelDied", message=message))
        return Outcome(Status.FAILED, RunFailure(kind=type(error).__name__, message=_plain(str(error))))
    finally:
        watch.leave(kernel)


def execute_or_raise(
    template: Path,
    output: Path,
    parameters: Mapping[str, Any],
    *,
    parent: WarmParent | None = None,
    seconds: float = REPORT_SECONDS,
) -> None:
    """Execute a template that has to succeed, such as the report's, within so many `seconds`.

    Raises:
        TemplateError: it did not; the message names the cell and the cause, `output` shows it.
    """
    log = output.with_suffix(".log")
    if parent is not None and not parent.wait_until_ready(lambda: False):
        parent = None
    kernel = Kernel({}, log, parent)
    try:
        with Machine() as machine:
            outcome = execute_notebook(
                template, output, parameters, kernel=kernel, watch=Watch(seconds), machine=machine
            )
    finally:
        kernel.close()
    log.unlink(missing_ok=True)
    if outcome.error is not None:
        place = f"cell {outcome.error.cell}: " if outcome.error.cell is not None else ""
        message = f"{template}: {place}{outcome.error.kind}: {outcome.error.message} (see {output})"
        raise TemplateError(message, kind=outcome.error.kind, reason=outcome.error.message)


def _ended_early(watch: Watch, run_id: str) -> Outcome | None:
    if watch.stopped:
        return Outcome(Status.KILLED, RunFailure(kind="Interrupted", message="the benchmark was interrupted"))
    reason = watch.reason(run_id)
    return None if reason is None else Outcome(Status.KILLED, RunFailure(kind=STOPPED, message=reason))


def _parameter_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", ())]


def _plain(text: str) -> str:
    return _ANSI.sub("", text)
