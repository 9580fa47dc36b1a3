"""One W&B service for all runs of a benchmark, where each kernel would otherwise start its own."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping

from app.bench.stragglers import DRIVER_MARK
from app.layout import KERNEL_VARIABLE, SERVICE_VARIABLE, SWEEP_VARIABLE

__all__ = ["share_service"]

_IDLE = "10m"  # how long the service outlives a driver that was killed
_START_SECONDS = 30
# Runs that are still open then have lost their kernels, and are to be seen as failed: `wandb beta core stop` itself has
# no option for that, and ends them as if all were well.
_STOP = "from wandb.cli.beta_core import stop; stop(exit_code=1)"


@contextlib.contextmanager
def share_service(*, wanted: bool) -> Iterator[Callable[[], Mapping[str, str]]]:
    """Start a service in the background; yields what asks for the environment that leads a kernel to it.

    The environment is empty where no service is wanted, or none came up: a kernel then starts its own. So it is for a
    run of a sweep: there is one alone, and a kernel that is lost must leave its W&B run to the next attempt.
    """
    if not wanted or SERVICE_VARIABLE in os.environ or SWEEP_VARIABLE in os.environ:
        yield dict
        return
    starting = subprocess.Popen(
        [sys.executable, "-m", "wandb", "beta", "core", "start", "--idle-timeout", _IDLE],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
        env={**os.environ, KERNEL_VARIABLE: DRIVER_MARK},
    )
    found: dict[str, str] = {}
    asked = threading.Lock()

    def environment() -> Mapping[str, str]:
        with asked:  # several workers may ask at once
            if starting.returncode is None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    token = starting.communicate(timeout=_START_SECONDS)[0].strip()
                    if token:
                        found[SERVICE_VARIABLE] = token
            return found

    try:
        yield environment
    finally:
        if environment():
            with contextlib.suppress(subprocess.TimeoutExpired):
                subprocess.run(
                    [sys.executable, "-c", _STOP],
                    env={**os.environ, **found},
                    capture_output=True,
                    timeout=_START_SECONDS,
                    check=False,
                )
        elif starting.poll() is None:
            starting.kill()
            starting.wait()
