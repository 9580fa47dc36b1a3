"""One W&B service for all runs of a benchmark, where each kernel would otherwise start its own."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping

from app.bench.kernels import kernel_environment
from app.layout import SERVICE_VARIABLE, SWEEP_VARIABLE

__all__ = ["share_service"]

_WAIT_SECONDS = 30  # for it to come up, and to go


@contextlib.contextmanager
def share_service(*, wanted: bool) -> Iterator[Callable[[], Mapping[str, str]]]:
    """Start a service in the background; yields what asks for the environment that leads a kernel to it.

    The environment is empty where no service is wanted, or none came up: a kernel then starts its own. So it is for a
    run of a sweep: there is one alone, and a kernel that is lost must leave its W&B run to the next attempt.
    """
    if not wanted or SERVICE_VARIABLE in os.environ or SWEEP_VARIABLE in os.environ:
        yield dict
        return
    keeper = subprocess.Popen(
        [sys.executable, "-P", "-m", "app.bench.wandb_keeper"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **kernel_environment()},
        start_new_session=True,
    )
    assert keeper.stdin is not None
    assert keeper.stdout is not None
    answer, told = keeper.stdout, list[bytes]()
    listening = threading.Thread(target=lambda: told.append(answer.readline()), name="wandb-service", daemon=True)
    listening.start()

    def environment() -> Mapping[str, str]:
        listening.join(_WAIT_SECONDS)
        token = told[0].decode().strip() if told else ""
        return {SERVICE_VARIABLE: token} if token else {}

    try:
        yield environment
    finally:
        with contextlib.suppress(BrokenPipeError):
            keeper.stdin.close()
        try:
            keeper.wait(_WAIT_SECONDS)
        except subprocess.TimeoutExpired:
            keeper.kill()
            keeper.wait()
        listening.join(_WAIT_SECONDS)
        answer.close()
