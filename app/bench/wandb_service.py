"""One W&B service for all runs of a benchmark, where each kernel would otherwise start its own."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping

from app.layout import SERVICE_VARIABLE

__all__ = ["share_service"]

_IDLE = "10m"  # how long the service outlives a driver that was killed
_START_SECONDS = 30
_CORE = (sys.executable, "-m", "wandb", "beta", "core")


@contextlib.contextmanager
def share_service(*, wanted: bool) -> Iterator[Callable[[], Mapping[str, str]]]:
    """Start a service in the background; yields what asks for the environment that leads a kernel to it.

    The environment is empty where no service is wanted, or none came up: a kernel then starts its own.
    """
    if not wanted or SERVICE_VARIABLE in os.environ:
        yield dict
        return
    starting = subprocess.Popen(
        [*_CORE, "start", "--idle-timeout", _IDLE],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
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
                    [*_CORE, "stop"],
                    env={**os.environ, **found},
                    capture_output=True,
                    timeout=_START_SECONDS,
                    check=False,
                )
        elif starting.poll() is None:
            starting.kill()
            starting.wait()
