"""The page for people: a few files, read once, which ask for nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib.resources import files

from fastapi import APIRouter
from starlette.responses import Response

__all__ = ["make_page_routes"]

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
}


def make_page_routes() -> APIRouter:
    """A route for each file of the page; the HTML is at `/`."""
    routes = APIRouter(include_in_schema=False)
    for file in (files("app.serving.api") / "page").iterdir():
        kind = TYPES[file.name[file.name.rindex(".") :]]
        path = "/" if file.name == "index.html" else f"/{file.name}"
        routes.add_api_route(path, _send(file.read_bytes(), kind), methods=["GET"])
    return routes


def _send(content: bytes, kind: str) -> Callable[[], Awaitable[Response]]:
    async def send() -> Response:
        return Response(content, headers={"Content-Type": kind, "Cache-Control": "no-cache"})

    return send
