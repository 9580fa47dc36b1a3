"""The API under load: what a query takes above its forward pass, requests a second, a soak, start and memory."""

from __future__ import annotations

import contextlib
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from app.layout import PROJECT
from benchmarks.load import OK, Connection, Load, apply_load, make_requests
from benchmarks.record import Entry, Line
from benchmarks.sections import Plan
from benchmarks.turns import CommandError, run_command
from benchmarks.workloads import make_texts

__all__ = ["measure_serving"]

MODEL, SHAPE = "minilm-l6", "short"
CONNECTIONS = 32
QUERIES = 500  # whose forward passes are told apart
# what the project has set itself
OVERHEAD, START, MEMORY, GROWTH = 1.5, 2.0, 350.0, 5.0  # ms, s, MiB, %
OURS, THEIRS = "this project, ONNX Runtime", "a FastAPI handler with transformers.pipeline"


@dataclass(frozen=True)
class _Server:
    process: psutil.Process
    port: int
    start_seconds: float  # from its start until it answers

    @property
    def memory_mib(self) -> float:
        return float(self.process.memory_info().rss / 2**20)


@dataclass(frozen=True)
class _Round:
    """What one round has found of a server."""

    start_seconds: float
    single: Load
    added: Sequence[float]  # seconds of a query without its forward pass; none where the server does not say
    many: Load
    memory_mib: float


def measure_serving(plan: Plan) -> tuple[Line, ...]:
    """Ours and a plain handler in turn, then a soak of ours alone."""
    seconds = 3.0 if plan.quick else 15.0
    with tempfile.TemporaryDirectory() as scratch:
        package = Path(scratch) / "package"
        _run("ours_package", "--model", MODEL, "--package", package)
        ours: list[_Round] = []
        theirs: list[_Round] = []
        alone: list[float] = []
        for number in range(plan.repeats):
            steps = [
                lambda: alone.append(_run("ours_engine", "--package", package)["milliseconds"]),
                lambda: ours.append(_measure(_ours(package, Path(scratch)), seconds)),
                lambda: theirs.append(_measure(_theirs(), seconds)),
            ]
            for step in steps[number % 3 :] + steps[: number % 3]:
                step()
        soak = _soak(package, Path(scratch), 10.0 if plan.quick else 180.0)
    return (*_lines(ours, theirs, alone), *soak)


def _lines(ours: Sequence[_Round], theirs: Sequence[_Round], alone: Sequence[float]) -> Iterator[Line]:
    single = [one.single.milliseconds(50) for one in ours]
    added = [1000 * statistics.median(one.added) for one in ours]
    both = ((OURS, ours), (THEIRS, theirs))
    yield Line(
        name="one query at a time, median",
        unit="ms",
        entries=(
            Entry(who=OURS, values=tuple(single)),
            Entry(who="the same engine without HTTP", values=tuple(alone)),
            Entry(who=THEIRS, values=tuple(one.single.milliseconds(50) for one in theirs)),
        ),
    )
    yield _line("what a query takes above its own forward pass, median", "ms", added, OVERHEAD)
    yield Line(
        name=f"requests a second, {CONNECTIONS} connections",
        unit="rows/s",
        entries=tuple(Entry(who=who, values=tuple(one.many.rate for one in rounds)) for who, rounds in both),
    )
    yield Line(
        name=f"99 % of answers within, {CONNECTIONS} connections",
        unit="ms",
        entries=tuple(Entry(who=who, values=tuple(one.many.milliseconds(99) for one in got)) for who, got in both),
    )
    yield _line("start of the process until it answers", "s", [one.start_seconds for one in ours], START)
    yield _line("memory of the process after that load", "MiB", [one.memory_mib for one in ours], MEMORY)


def _soak(package: Path, scratch: Path, seconds: float) -> tuple[Line, ...]:
    """Texts of all lengths, after a third of that time which is not counted: until batches of all shapes were seen."""
    texts, _, _ = make_texts(SHAPE, 2_000, seed=1)
    requests = make_requests("/v1/predict", texts)
    with _ours(package, scratch) as server:
        warm = apply_load(server.port, requests, connections=CONNECTIONS, seconds=seconds / 3)
        begin = server.memory_mib
        load = apply_load(server.port, requests, connections=CONNECTIONS, seconds=seconds)
        end = server.memory_mib
    asked = len(load.latencies) + load.failed
    name = f"{seconds:,.0f} s of load, {asked:,} requests"
    return (
        _line(f"{name}: requests that failed", "%", [100 * (warm.failed + load.failed) / asked], None),
        _line(f"{name}: growth of memory", "%", [100 * (end / begin - 1)], GROWTH),
    )


def _measure(starting: contextlib.AbstractContextManager[_Server], seconds: float) -> _Round:
    texts, _, _ = make_texts(SHAPE, 64)
    requests = make_requests("/v1/predict", texts)
    with starting as server:
        for connections in (1, CONNECTIONS):
            apply_load(server.port, requests, connections=connections, seconds=seconds / 5)
        single = apply_load(server.port, requests, connections=1, seconds=seconds)
        added = _measure_added(server.port, requests)
        many = apply_load(server.port, requests, connections=CONNECTIONS, seconds=seconds)
        return _Round(server.start_seconds, single, added, many, server.memory_mib)


def _measure_added(port: int, requests: Sequence[bytes]) -> list[float]:
    """Of each query, the seconds beside its own forward pass, which the server's figures tell after it."""
    connection = Connection(port)
    added: list[float] = []
    before = _read_forward(connection)
    while before is not None and len(added) < QUERIES:
        began = time.perf_counter()
        connection.ask(requests[len(added) % len(requests)])
        seconds = time.perf_counter() - began
        after = _read_forward(connection)
        assert after is not None
        added.append(seconds - (after - before))
        before = after
    connection.close()
    return added


def _read_forward(connection: Connection) -> float | None:
    """Seconds of all forward passes since the start, by the server's own figures; a plain handler has none."""
    answer = connection.ask(b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    if not answer.startswith(OK):
        return None
    (line,) = [line for line in answer.splitlines() if line.startswith(b"serving_batch_seconds_sum ")]
    return float(line.split()[1])


@contextlib.contextmanager
def _ours(package: Path, folder: Path) -> Iterator[_Server]:
    words = ["app.py", "serve", "--model", str(package), "--port", "0", "--served", str(folder / "served")]
    with _start(words) as (process, line, seconds):
        yield _Server(psutil.Process(process.pid), int(line.rstrip("/\n").rsplit(":", 1)[1]), seconds)


@contextlib.contextmanager
def _theirs() -> Iterator[_Server]:
    with _start(["-m", "benchmarks.competitors.fastapi_pipeline", "--model", MODEL]) as (process, line, seconds):
        yield _Server(psutil.Process(process.pid), int(json.loads(line)["port"]), seconds)


@contextlib.contextmanager
def _start(words: Sequence[str]) -> Iterator[tuple[subprocess.Popen[str], str, float]]:
    """A server as a process, the line in which it says where it is, and seconds until then; it is ended at the end."""
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *words], cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        if not line:
            raise CommandError(f"{' '.join(words)}: ended before it answered")
        yield process, line, time.perf_counter() - began
    finally:
        process.terminate()
        process.wait(60)
        process.stdout.close()


def _run(name: str, *words: object) -> dict[str, Any]:
    command = [sys.executable, "-m", f"benchmarks.competitors.{name}", *map(str, words)]
    return dict(run_command(command, folder=PROJECT).said)


def _line(name: str, unit: str, values: Sequence[float], target: float | None) -> Line:
    entry = {"who": OURS, "values": tuple(values), "target": target}
    return Line.model_validate({"name": name, "unit": unit, "entries": [entry]})
