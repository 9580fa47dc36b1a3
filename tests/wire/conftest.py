"""The real wandb, in processes of its own, led to a server on loopback."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import PROJECT
from tests.wire.server import Server


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        yield server


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What can be made again, kept for all tests: so the second call of an agent finds it as a user's does."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def environment(here: Path, server: Server, cache: Path) -> dict[str, str]:
    """A user's environment who is logged in to the server, and has nothing else."""
    home = here / "home"
    home.mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WANDB_")}
    path = os.pathsep.join([str(Path(sys.executable).parent), kept["PATH"]])
    own = {"HOME": str(home), "PATH": path, "PYTHONPATH": str(PROJECT), "BERT_BENCHMARK_CACHE": str(cache)}
    return kept | own | server.environment()


@pytest.fixture
def start(here: Path, environment: dict[str, str]) -> Callable[..., subprocess.Popen[str]]:
    """Starts a command in the folder of the test."""

    def begin(*words: str, start_new_session: bool = False, **more: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            words,
            cwd=here,
            env=environment | more,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=start_new_session,
        )

    return begin


@pytest.fixture
def call(start: Callable[..., subprocess.Popen[str]]) -> Callable[..., str]:
    """Runs a command to its end, which has to be a good one; gives what it said."""

    def run(*words: str, expected: int = 0, **more: str) -> str:
        with start(*words, **more) as process:
            try:
                said = process.communicate(timeout=400)[0]
            finally:
                process.kill()
        assert process.returncode == expected, said
        return said

    return run
