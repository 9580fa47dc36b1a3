"""The application: routes, page, problems and the border around them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response

from app import __version__
from app.serving.api.border import Access, Border
from app.serving.api.description import add_description
from app.serving.api.pages import make_page_routes
from app.serving.api.problems import RequestError, respond
from app.serving.api.routes import Privacy, make_routes
from app.serving.api.service import Service

__all__ = ["make_application"]

ABOUT = "A model of bert-benchmark. Without a key in the header where one is set, /v1/ answers 401."


def make_application(
    service: Service,
    *,
    access: Access,
    privacy: Privacy,
    origins: Sequence[str] = (),
    begin: Callable[[], Callable[[], None]] | None = None,
) -> FastAPI:
    """The application around a service.

    Args:
        service: is started and stopped with the application.
        access: who may ask.
        privacy: what may be kept of texts.
        origins: of pages that may ask from a browser; none unless told.
        begin: starts what else is to run as long as the application does, and returns what ends it.
    """

    @asynccontextmanager
    async def live(_: FastAPI) -> AsyncIterator[None]:
        service.start()
        end = begin() if begin else None
        yield
        if end:
            end()
        await service.stop()

    app = FastAPI(
        title="bert-benchmark",
        version=__version__,
        description=ABOUT,
        docs_url=None,  # FastAPI's pages load their scripts from elsewhere
        redoc_url=None,
        lifespan=live,
    )
    routers = (make_routes(service, privacy), make_page_routes())
    for router in routers:
        app.include_router(router)
    app.add_exception_handler(RequestError, _show_problem)
    app.add_exception_handler(HTTPException, _show_http)
    add_description(app)
    known = [route for router in routers for route in router.routes if isinstance(route, APIRoute)]
    app.add_middleware(
        Border,
        access=access,
        metrics=service.metrics,
        afterwards=service.afterwards,
        paths=frozenset([*(route.path for route in known), "/openapi.json"]),
        posts={route.path: route.endpoint for route in known if route.methods == {"POST"}},
    )
    if origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(origins),
            allow_methods=["GET", "POST"],
            allow_headers=["Authorization", "Content-Type"],
            expose_headers=["Retry-After"],
        )
    return app


async def _show_problem(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestError)
    return respond(error)


async def _show_http(request: Request, error: Exception) -> Response:
    """What Starlette itself finds wrong: a path or a method that is not there."""
    assert isinstance(error, HTTPException)
    said = {
        404: f"there is nothing at {request.url.path}; /openapi.json says what there is",
        405: f"{request.url.path} is not asked by {request.method}; /openapi.json says how",
    }.get(error.status_code, error.detail)
    return respond(RequestError(error.status_code, "not_there", said, headers=error.headers))
