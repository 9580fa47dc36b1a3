"""An application in this process, asked over ASGI; and a server in a process of its own, asked over HTTP."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Coroutine, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import httpx
import uvicorn

from app.layout import PackageFolder, ServedFolder
from app.serving.api.application import make_application
from app.serving.api.border import Access
from app.serving.api.metrics import Metrics
from app.serving.api.opening import open_engine
from app.serving.api.recording import Recorder
from app.serving.api.routes import Privacy
from app.serving.api.service import Service
from app.serving.api.source import Found
from app.serving.store.store import Store
from tests.conftest import PROJECT

ADDRESS = "http://127.0.0.1"


class Served:
    """An application and its event loop, in a thread."""

    def __init__(
        self,
        folder: PackageFolder,
        place: Path,
        *,
        access: Access | None = None,
        privacy: Privacy | None = None,
        origins: Sequence[str] = (),
    ) -> None:
        self.metrics = Metrics()
        privacy = privacy or Privacy()
        self.store = Store(ServedFolder(place).store, keep_texts=privacy.keep_texts)
        self.folder = folder
        self.found = Found("mail", 1, folder)
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever)
        self._stack = contextlib.AsyncExitStack()
        self.service = Service(self.found, open_engine(folder, 1), self.metrics, Recorder(self.store, self.metrics))
        access = access or Access(loopback_only=True)
        self.app = make_application(self.service, access=access, privacy=privacy, origins=origins)

    def __enter__(self) -> Self:
        self._thread.start()
        self.client = self.run(self._open())
        return self

    def __exit__(self, *_: object) -> None:
        self.run(self._stack.aclose())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()

    async def _open(self) -> httpx.AsyncClient:
        await self._stack.enter_async_context(self.app.router.lifespan_context(self.app))
        transport = httpx.ASGITransport(self.app)
        return await self._stack.enter_async_context(httpx.AsyncClient(transport=transport, base_url=ADDRESS))

    def listen(self) -> str:
        """Answer over HTTP, too, until the end; the address."""
        listening = socket.create_server(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(self.app, lifespan="off", log_config=None, ws="none"))
        answering = asyncio.run_coroutine_threadsafe(server.serve([listening]), self.loop)

        async def stop() -> None:
            server.should_exit = True
            await asyncio.wrap_future(answering)

        self._stack.push_async_callback(stop)
        wait_until(lambda: server.started)
        return f"http://127.0.0.1:{listening.getsockname()[1]}"

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(30)

    def ask(self, path: str, body: object = None, **options: Any) -> httpx.Response:
        """POST of a JSON body, or GET where there is none; what is noted of it has been noted."""

        async def ask() -> httpx.Response:
            if body is None and "content" not in options:
                answer = await self.client.get(path, **options)
            else:
                sent = {} if "content" in options else {"json": body}
                answer = await self.client.post(path, **sent, **options)
            self.service.afterwards.catch_up()
            return answer

        return self.run(ask())

    def figure(self, figure: str, **labels: str) -> float:
        """A figure of /metrics; 0 where it has none."""
        return self.metrics.registry.get_sample_value(figure, labels) or 0.0


@dataclass
class Process:
    """A server in a process of its own."""

    process: subprocess.Popen[str]
    address: str
    log: Path

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text().splitlines()]


@contextlib.contextmanager
def run_server(place: Path, *words: str, key: str = "", before: str = "") -> Iterator[Process]:
    """`python app.py serve` on a free port, with `place` as its folder; it is ended by SIGTERM, if it has not ended.

    What is to be done in that process before can be given as a line of Python.
    """
    program = f"{before}; import sys; from app.cli import main; sys.exit(main(sys.argv[1:]))"
    start = ["-c", program] if before else [str(PROJECT / "app.py")]
    environment = {**os.environ, "PYTHONPATH": str(PROJECT), "APP_API_KEY": key}
    log = place / "log.txt"
    with log.open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, *start, "serve", "--port", "0", *words],
            cwd=place,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    try:
        assert process.stdout is not None
        said = process.stdout.readline()
        assert said, log.read_text()
        yield Process(process, said.split()[-1].rstrip("/"), log)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0, log.read_text()
        process.stdout.close()


def wait_until(holds: Any, seconds: float = 10.0) -> None:
    """Wait for a condition."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.02)
