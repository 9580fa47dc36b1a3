"""Load on a server: the same requests again and again over connections that are kept, and how long each took."""

from __future__ import annotations

import asyncio
import itertools
import json
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

__all__ = ["OK", "Connection", "Load", "apply_load", "make_requests"]

END = b"\r\n\r\n"  # of a head
OK = b"HTTP/1.1 200"
RECEIVED = 65_536  # bytes at a time


@dataclass
class Load:
    """What became of the requests."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)  # seconds, of those that were answered with 200
    failed: int = 0  # answered otherwise, or not at all

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.latencies) / self.seconds

    def milliseconds(self, percent: float) -> float:
        """The time that so many percent of the answers took at most."""
        return float(np.percentile(self.latencies, percent)) * 1000


def make_requests(path: str, texts: Sequence[str]) -> list[bytes]:
    """A request for each text, as it goes over the wire."""
    requests = []
    for text in texts:
        body = json.dumps({"text": text}).encode()
        head = (f"POST {path} HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json")
        requests.append("\r\n".join((*head, f"Content-Length: {len(body)}", "", "")).encode() + body)
    return requests


def apply_load(port: int, requests: Sequence[bytes], *, connections: int, seconds: float) -> Load:
    """Send requests over so many connections for so long, each as soon as the one before is answered.

    It writes bytes and reads as many as Content-Length says, and nothing more: on two cores a client of a library would
    take more of them than the server. One connection alone does without an event loop, whose turns would be counted in.
    """
    if connections == 1:
        return _ask_alone(port, requests, seconds)
    return asyncio.run(_apply(port, requests, connections, seconds))


class Connection:
    """One that is kept, and waits for each answer."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, request: bytes) -> bytes:
        """The answer, its head and its body.

        Raises:
            OSError: the connection was closed.
        """
        self._socket.sendall(request)
        answer = self._socket.recv(RECEIVED)
        while len(answer) < _measure(answer):
            part = self._socket.recv(RECEIVED)
            if not part:
                raise ConnectionError("closed within an answer")
            answer += part
        return answer

    def close(self) -> None:
        """Ask no more."""
        self._socket.close()


def _ask_alone(port: int, requests: Sequence[bytes], seconds: float) -> Load:
    load, start = Load(), time.perf_counter()
    connection = Connection(port)
    for request in itertools.cycle(requests):
        began = time.perf_counter()
        if began - start > seconds:
            break
        try:
            answer = connection.ask(request)
        except OSError:
            load.failed += 1
            connection.close()
            connection = Connection(port)
            continue
        if answer.startswith(OK):
            load.latencies.append(time.perf_counter() - began)
        else:
            load.failed += 1
    connection.close()
    load.seconds = time.perf_counter() - start
    return load


def _measure(answer: bytes) -> float:
    """How long an answer is in all, once its head is there."""
    head, end, _ = answer.partition(END)
    return len(head) + len(END) + _read_length(head) if end else float("inf")


def _read_length(head: bytes) -> int:
    return int(head.lower().split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])


async def _apply(port: int, requests: Sequence[bytes], connections: int, seconds: float) -> Load:
    load, began = Load(), time.perf_counter()
    until = began + seconds
    turned = [[*requests[number:], *requests[:number]] for number in range(connections)]  # not all ask the same
    await asyncio.gather(*(_ask(port, mine, until, load) for mine in turned))
    load.seconds = time.perf_counter() - began
    return load


async def _ask(port: int, requests: Sequence[bytes], until: float, load: Load) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for request in itertools.cycle(requests):
        began = time.perf_counter()
        if began > until:
            break
        writer.write(request)
        try:
            head = await reader.readuntil(END)
            await reader.readexactly(_read_length(head))
        except (OSError, asyncio.IncompleteReadError):
            load.failed += 1
            writer.close()
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            continue
        if head.startswith(OK):
            load.latencies.append(time.perf_counter() - began)
        else:
            load.failed += 1
    writer.close()
