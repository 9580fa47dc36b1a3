"""A worker's place on the machine: its share of cores and GPUs, and its next kernel, started ahead."""

from __future__ import annotations

import contextlib
import itertools
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from app.bench.kernels import Kernel
from app.bench.machine import Machine
from app.bench.notebooks import Watch
from app.bench.warm import WarmParent

__all__ = ["Place"]


class Place:
    """Gives out kernels, one at a time. Where kernels are forked, the next one can be ready before it is asked for."""

    def __init__(
        self,
        *,
        machine: Machine,
        parent: WarmParent | None,
        watch: Watch,
        logs: Path,
        environment: Callable[[], Mapping[str, str]],
    ) -> None:
        """A place whose kernels get `environment` over the driver's own; a spare one's log lies in `logs` at first."""
        self._machine, self._parent, self._watch, self._logs = machine, parent, watch, logs
        self._environment = environment
        self._lock = threading.Lock()
        self._numbers = itertools.count()
        self._spare: tuple[Kernel, Path] | None = None
        self._current: Kernel | None = None
        self.expects_more = False  # whether another run is to follow the present one

    @property
    def pid(self) -> int | None:
        """The process id of the kernel at work."""
        return self._current.pid if self._current else None

    def prepare(self) -> None:
        """Start the next kernel now, if one will be wanted and kernels are cheap."""
        with self._lock:
            parent = self._living_parent()
            if parent is None or not self.expects_more or self._spare is not None:
                return
            log = self._logs / f".kernel-{id(self)}-{next(self._numbers)}.log"
            with contextlib.suppress(OSError, RuntimeError):  # whoever needs a kernel will start one, or say why not
                kernel = Kernel(self._environment(), log, parent)
                self._spare = (kernel, log)
                with self._machine.work():
                    kernel.start()

    @contextlib.contextmanager
    def kernel(self, log: Path, further: Mapping[str, str]) -> Iterator[Kernel]:
        """A kernel that runs, with `log` as its log; it ends with the context.

        One that was started ahead is taken where nothing `further` is asked of its environment.

        Raises:
            OSError: the log cannot be written.
        """
        kernel = self._take(log) if not further else None
        if kernel is None:
            kernel = Kernel({**self._environment(), **further}, log, self._living_parent())
        self._current = kernel
        try:
            yield kernel
        finally:
            self._current = None
            kernel.close()

    def close(self) -> None:
        """End a kernel that nobody took."""
        with self._lock:
            self.expects_more = False
            spare, self._spare = self._spare, None
        if spare is not None:
            spare[0].close()
            spare[1].unlink(missing_ok=True)

    def _living_parent(self) -> WarmParent | None:
        """No run is charged for the imports of all; where the parent has died, kernels start by themselves."""
        ready = self._parent is not None and self._parent.wait_until_ready(lambda: self._watch.stopped)
        return self._parent if ready else None

    def _take(self, log: Path) -> Kernel | None:
        with self._lock:
            spare, self._spare = self._spare, None
        if spare is None:
            return None
        kernel, place = spare
        if kernel.runs:
            with contextlib.suppress(OSError):
                place.replace(log)
                kernel.log = log
                return kernel
        kernel.close()
        place.unlink(missing_ok=True)
        return None
