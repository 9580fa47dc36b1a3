"""A driver that `test_faults_driver.py` kills: with a warm kernel, a cold one that is paused, and what they started."""

import signal
import sys
import time
from pathlib import Path

import psutil

from app.bench.forkserver import REPORT_ALONE
from app.bench.kernels import Kernel, kernel_environment
from app.bench.stragglers import DRIVER_MARK
from app.bench.warden import open_warden
from app.bench.warm import WarmParent
from app.layout import KERNEL_VARIABLE

AWAY = """
import os, signal, subprocess, sys
wait = 'import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(60)'
subprocess.Popen([sys.executable, '-c', wait], start_new_session=True)
"""


def main() -> None:
    folder = Path(sys.argv[1])
    with open_warden():
        parent = WarmParent({**kernel_environment(), KERNEL_VARIABLE: DRIVER_MARK}, REPORT_ALONE)
        parent.wait_until_ready(lambda: False)
        for name, of in (("warm", parent), ("cold", None)):
            kernel = Kernel({}, folder / f"{name}.log", of)
            kernel.start()
            client = kernel.manager.blocking_client()
            client.start_channels()
            client.wait_for_ready(timeout=60)
            client.execute_interactive(AWAY, timeout=60)
            family = [psutil.Process(kernel.pid), *psutil.Process(kernel.pid).children(recursive=True)]
            if name == "cold":
                for process in family:
                    process.send_signal(signal.SIGSTOP)
            (folder / f"{name}.pids").write_text(" ".join(str(process.pid) for process in family))
        (folder / "ready").touch()
        time.sleep(60)


if __name__ == "__main__":
    main()
