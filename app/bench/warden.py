"""A process beside each driver that does nothing while this lives, and ends all it has left when it was killed.

Kernels of a driver that is killed end by themselves in most cases. Not so one that was paused just then, or a process
that a notebook has put into a session of its own. The driver holds the other end of the warden's stdin: it
closes when the driver is gone, however that came about. A driver that ends as it should says so before.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

from app.bench.stragglers import DRIVER_MARK, end_processes, find_marked
from app.layout import KERNEL_VARIABLE, PROJECT

__all__ = ["open_warden"]

_DONE = b"done\n"
_GRACE_SECONDS = 1.0


@contextlib.contextmanager
def open_warden() -> Iterator[None]:
    """A warden for this driver while the context lasts."""
    warden = subprocess.Popen(
        [sys.executable, "-P", "-m", "app.bench.warden", DRIVER_MARK],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={
            **{name: value for name, value in os.environ.items() if name != KERNEL_VARIABLE},
            "PYTHONPATH": os.pathsep.join(filter(None, [str(PROJECT), os.environ.get("PYTHONPATH")])),
        },
        start_new_session=True,
    )
    assert warden.stdin is not None
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            warden.stdin.write(_DONE)
            warden.stdin.close()
        warden.wait()


def main() -> None:
    """Wait for the driver's end; if it came unannounced, end what bears the mark that is given as a word."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # the driver decides what these mean
    if sys.stdin.buffer.read() == _DONE:
        return
    mark = sys.argv[1]
    for pid in find_marked(mark):  # a kernel's own W&B service closes its files on a polite word
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGTERM)
    time.sleep(_GRACE_SECONDS)
    end_processes(lambda: find_marked(mark), spare=())


if __name__ == "__main__":
    main()
