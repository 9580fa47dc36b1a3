"""What every request passes on its way in and out: who may ask, headers, figures, and a line in the log."""

from __future__ import annotations

import hmac
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.serving.api.afterwards import Afterwards
from app.serving.api.log import LOG, write_log
from app.serving.api.loopback import is_loopback
from app.serving.api.metrics import Metrics
from app.serving.api.problems import RequestError, respond

__all__ = ["Access", "Border", "Endpoint"]

Endpoint = Callable[[Request], Awaitable[Response]]

GUARDED = "/v1/"
QUIET = ("/healthz", "/readyz", "/metrics")  # asked every few seconds: they are counted, not logged
PAGE = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:"
NOWHERE = "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
OF_PAGE = (  # what a browser asks of documents alone
    *HEADERS,
    (b"content-security-policy", f"{PAGE}; {NOWHERE}".encode()),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
)
OF_OTHERS = (*HEADERS, (b"content-security-policy", f"default-src 'none'; {NOWHERE}".encode()))
OF_GUARDED = (*OF_OTHERS, (b"cache-control", b"no-store"))


@dataclass(frozen=True)
class Access:
    """Who may ask."""

    key: str = ""  # what has to come as "Authorization: Bearer KEY"; empty: whoever reaches the server
    loopback_only: bool = False  # asked for by another name than this machine's own, it does not answer

    def check(self, path: str, headers: Mapping[bytes, bytes]) -> None:
        """Let a request pass.

        Raises:
            RequestError: 401, or 421.
        """
        host = headers.get(b"host", b"").decode("latin-1")
        name = host if host.endswith("]") else host.rsplit(":", 1)[0]
        if self.loopback_only and not is_loopback(name):  # a page elsewhere may give its own name this address
            raise RequestError(421, "wrong_host", f"this server answers on this machine alone, not as {name}")
        if not self.key or not path.startswith(GUARDED):
            return
        scheme, _, given = headers.get(b"authorization", b"").partition(b" ")
        if scheme.lower() != b"bearer" or not hmac.compare_digest(given.strip(), self.key.encode()):
            message = "the key is wrong" if given else "a key is needed: send the header Authorization: Bearer KEY"
            raise RequestError(401, "no_key", message, headers={"WWW-Authenticate": "Bearer"})


class Border:
    """The outermost part of the application, and the last to see what went wrong in it."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        access: Access,
        metrics: Metrics,
        afterwards: Afterwards,
        paths: frozenset[str],
        posts: Mapping[str, Endpoint],
    ) -> None:
        """Wrap an application.

        Args:
            app: what is wrapped.
            access: who may ask.
            metrics: are told of every request.
            afterwards: when they are told, and the log is.
            paths: that requests are counted by; all others count as one.
            posts: what answers POST at a path; the way through the routers of the application takes longer.
        """
        self._app, self._access, self._metrics, self._afterwards = app, access, metrics, afterwards
        self._paths, self._posts = paths, posts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 0
        path: str = scope["path"]
        fixed = OF_GUARDED if path.startswith(GUARDED) else OF_PAGE if path == "/" else OF_OTHERS

        async def pass_on(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), *fixed]
            await send(message)

        try:
            self._access.check(path, dict(scope["headers"]))
            await self._pass(scope, receive, pass_on)
        except RequestError as problem:
            await respond(problem)(scope, receive, pass_on)
        except Exception:
            LOG.exception("fault")
            if not status:
                said = "something is wrong in the server; its log says what"
                await respond(RequestError(500, "fault", said))(scope, receive, pass_on)
        finally:
            seconds, when = time.perf_counter() - began, time.time()
            self._afterwards.add(lambda: self._note(scope, path, status, seconds, when))

    async def _pass(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = self._posts.get(scope["path"]) if scope["method"] == "POST" else None
        app: ASGIApp = await answer(Request(scope, receive)) if answer else self._app
        await app(scope, receive, send)

    def _note(self, scope: Scope, path: str, status: int, seconds: float, when: float) -> None:
        name = path if path in self._paths else "other"
        method = scope["method"] if scope["method"] in ("GET", "POST", "HEAD", "OPTIONS") else "other"
        self._metrics.requests.labels(name, method, str(status)).inc()
        self._metrics.seconds.labels(name).observe(seconds)
        if path in QUIET and status < 400:
            return
        facts: dict[str, Any] = scope.get("state", {}).get("facts", {})
        level = logging.ERROR if status >= 500 else logging.INFO
        milliseconds = round(seconds * 1000, 2)
        about = {"method": method, "path": name, "status": status, "milliseconds": milliseconds, **facts}
        write_log("request", level=level, when=when, **about)
