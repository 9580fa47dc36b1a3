"""Starts a W&B service, says where it is, and stops it when stdin closes; run by `app.bench.wandb_service`.

One process for both ends: to import wandb takes over a second, and its own commands for it would do so twice. A driver
that is killed closes stdin too.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys

from wandb.cli.beta_core import start, stop

from app.layout import SERVICE_VARIABLE

_IDLE = "10m"  # how long the service outlives a keeper that was killed


def main() -> None:
    """Print the service's token, or nothing if none came up; then wait."""
    told = io.StringIO()
    with contextlib.redirect_stdout(told):
        start(idle_timeout=_IDLE)
    os.environ[SERVICE_VARIABLE] = told.getvalue().strip()
    print(os.environ[SERVICE_VARIABLE], flush=True)  # noqa: T201  # to the driver
    sys.stdin.read()
    # Runs that are still open have lost their kernels, and are to be seen as failed: `wandb beta core stop` itself has
    # no option for that, and ends them as if all were well.
    stop(exit_code=1)


if __name__ == "__main__":
    main()
