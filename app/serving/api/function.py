"""The API as a function that AWS Lambda calls: the same application, given one event at a time."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from mangum import Mangum

from app.layout import API_KEY_VARIABLE, PackageFolder, ServedFolder
from app.serving.api.afterwards import Afterwards
from app.serving.api.application import make_application
from app.serving.api.border import Access
from app.serving.api.log import set_up_log
from app.serving.api.metrics import Metrics
from app.serving.api.opening import open_engine
from app.serving.api.recording import Recorder
from app.serving.api.routes import Privacy
from app.serving.api.service import Service
from app.serving.api.source import NO_VERSION, Found
from app.serving.package.manifest import read_manifest
from app.serving.store.store import Store

__all__ = ["make_handler"]

THREADS = 2  # a function has one core for each 1,769 MB of memory that it is given


def make_handler(folder: Path, *, scratch: Path) -> Mangum:
    """What Lambda calls with events of API Gateway or of a function's URL.

    The model is opened once, when an instance starts. There is no hot reload: a new version is a new image. What is
    kept of requests lies in `scratch`, and goes with the instance.

    Args:
        folder: of the package, in the image.
        scratch: a folder that can be written.

    Raises:
        PackageError: a file of the package is not what was packaged.
    """
    package = PackageFolder(folder)
    found = Found(read_manifest(package).name, NO_VERSION, package)
    set_up_log()
    metrics = Metrics()
    store = Store(ServedFolder(scratch / found.name).store)
    afterwards = Afterwards(pause=0)
    service = Service(found, open_engine(package, THREADS), metrics, Recorder(store, metrics), afterwards)
    app = make_application(service, access=Access(os.environ.get(API_KEY_VARIABLE, "")), privacy=Privacy())
    loop = asyncio.new_event_loop()  # of all events: between them it stands still
    asyncio.set_event_loop(loop)
    loop.run_until_complete(_start(service))
    return Mangum(app, lifespan="off")  # which would start and stop the application for each event


async def _start(service: Service) -> None:
    service.start()
