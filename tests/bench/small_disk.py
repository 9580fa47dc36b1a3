"""A disk that is full, or read-only, for one program alone: a tmpfs of its own in a namespace of its own."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.conftest import PROJECT

MOUNT = 'mount -t tmpfs -o size="$1" none "$2" && shift 2 && exec "$@"'
# as a user who may make namespaces, as root, or as whoever sudo lets: one of them works on Linux
WAYS = (["unshare", "-rm"], ["unshare", "-m"], ["sudo", "-nE", "unshare", "-m"])


def run_on_small_disk(program: Path, folder: Path, *, size: str) -> dict:
    """What `program` prints, as JSON, when `folder` is a disk of that size.

    Raises:
        AssertionError: no file system can be mounted here, or the program has failed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for way in WAYS:
        if shutil.which(way[0]) is None:
            continue
        if subprocess.run([*way, "sh", "-c", MOUNT, "sh", "1m", folder, "true"], capture_output=True).returncode:
            continue
        done = subprocess.run(
            [*way, "sh", "-c", MOUNT, "sh", size, folder, sys.executable, program, folder],
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": str(PROJECT)},
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)
    raise AssertionError("no file system can be mounted here: run the tests as root, or where users have namespaces")
