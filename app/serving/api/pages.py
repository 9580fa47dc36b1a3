"""The page for people: three files, read once, which ask for nothing from elsewhere."""

from __future__ import annotations

from importlib.resources import files

from fastapi import APIRouter
from starlette.responses import Response

__all__ = ["FILES", "make_page_routes"]

FILES = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/page.css": ("page.css", "text/css; charset=utf-8"),
    "/page.js": ("page.js", "text/javascript; charset=utf-8"),
    "/csv.js": ("csv.js", "text/javascript; charset=utf-8"),
}


def make_page_routes() -> APIRouter:
    """A route for each file of the page."""
    routes = APIRouter(include_in_schema=False)
    folder = files("app.serving.api") / "page"
    for path, (name, kind) in FILES.items():
        _add_file(routes, path, (folder / name).read_bytes(), kind)
    return routes


def _add_file(routes: APIRouter, path: str, content: bytes, kind: str) -> None:
    @routes.get(path)
    async def send() -> Response:
        return Response(content, headers={"Content-Type": kind, "Cache-Control": "no-cache"})
