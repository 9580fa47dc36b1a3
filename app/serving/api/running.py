"""An application, run by uvicorn on a socket until a signal ends it."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import socket
from collections.abc import Generator

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.serving.api.limits import CONNECTIONS, HEAD_SECONDS

__all__ = ["run"]

LAST_SECONDS = 30  # for what is under way at the end
KEEP_ALIVE_SECONDS = 65  # longer than proxies keep theirs, which else find a connection closed as they use it


class _Server(uvicorn.Server):
    """A server to which a signal means to come to an end, and nothing after that; uvicorn raises it once more."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


class _Connection(HttpToolsProtocol):
    """A connection that is closed where nobody asks anything: those that wait are counted, and no more are taken."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)

        def give_up() -> None:
            if getattr(self, "cycle", None) is None and not transport.is_closing():
                transport.close()

        self.loop.call_later(HEAD_SECONDS, give_up)


def run(app: ASGIApp, listening: socket.socket) -> None:
    """Answer on the socket until SIGTERM or SIGINT; a second SIGINT ends what is under way, too."""
    config = uvicorn.Config(
        app,
        http=_Connection,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=CONNECTIONS,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=LAST_SECONDS,
    )
    gc.collect()
    gc.freeze()  # what was made until now stays: requests do not wait for it to be looked through
    _Server(config).run(sockets=[listening])
