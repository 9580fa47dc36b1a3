"""The server process: its address, its model, and its end."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from app.errors import UsageError
from app.layout import API_KEY_VARIABLE, ServedFolder
from app.serving.api.loopback import is_loopback
from app.serving.api.opening import open_engine
from app.serving.api.source import Found, open_source
from app.serving.engine.engine import Engine

__all__ = ["ServeOptions", "serve"]


@dataclass(frozen=True, kw_only=True)
class ServeOptions:
    """The words of `python app.py serve`."""

    model: str
    registry: str
    served: Path
    host: str
    port: int
    threads: int | None  # of one forward pass; None: one for each core that this process may use
    is_open: bool
    keep_texts: bool
    log_texts: bool
    origins: Sequence[str]


def serve(options: ServeOptions) -> None:
    """Answer until SIGTERM or SIGINT, then finish what is under way.

    Raises:
        UsageError: the address is taken, or may not be open to others; there is no such model, or it is damaged.
    """
    key = os.environ.get(API_KEY_VARIABLE, "")
    _check_access(options, key)
    with contextlib.closing(_bind(options.host, options.port)) as listening:
        source = open_source(options.model, options.registry)
        found = source.find()

        threads = options.threads or _count_cores()

        def open_found(wanted: Found) -> Engine:
            return open_engine(wanted.folder, threads)

        with ThreadPoolExecutor(1) as beside:  # what the server needs is imported while the model is read
            opening = beside.submit(open_found, found)
            from app.serving.api.application import make_application
            from app.serving.api.border import Access
            from app.serving.api.log import set_up_log, write_log
            from app.serving.api.metrics import Metrics
            from app.serving.api.recording import Recorder
            from app.serving.api.reloading import Reloader
            from app.serving.api.routes import Privacy
            from app.serving.api.running import run
            from app.serving.api.service import Service
            from app.serving.store.store import Store

            engine = opening.result()
        store = Store(ServedFolder(options.served / found.name).store, keep_texts=options.keep_texts)
        set_up_log()
        metrics = Metrics()
        service = Service(found, engine, metrics, Recorder(store, metrics))

        def begin() -> Callable[[], None]:
            return Reloader(source, found, open_found, service.swap, metrics).stop

        app = make_application(
            service,
            access=Access(key, loopback_only=not key and not options.is_open),
            privacy=Privacy(options.keep_texts, options.log_texts),
            origins=options.origins,
            begin=begin,
        )
        host, port = listening.getsockname()[:2]
        address = f"http://{f'[{host}]' if ':' in host else host}:{port}/"
        sys.stdout.write(f"{found.name}, version {found.version or 'of no registry'}: {address}\n")
        sys.stdout.flush()
        write_log("start", address=address, key=bool(key), keep_texts=options.keep_texts, threads=threads)
        run(app, listening)
        write_log("end")


def _check_access(options: ServeOptions, key: str) -> None:
    """Refuse to answer whoever comes by, unless told to.

    Raises:
        UsageError: it says what to do.
    """
    if options.threads is not None and options.threads < 1:
        raise UsageError(f"--threads {options.threads}: must be 1 or more")
    if not 0 <= options.port <= 65535:
        raise UsageError(f"--port {options.port}: must be between 0 and 65535")
    if key and (not key.isascii() or not key.isprintable() or " " in key):
        raise UsageError(f"{API_KEY_VARIABLE}: must be letters, digits and signs of ASCII, without spaces")
    if not key and not options.is_open and not is_loopback(options.host):
        remedy = f"set a key in {API_KEY_VARIABLE}, or say --open"
        raise UsageError(f"--host {options.host}: whoever reaches this machine could ask; {remedy}")


def _count_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _bind(host: str, port: int) -> socket.socket:
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        listening = socket.socket(family)
    except OSError as error:
        raise UsageError(f"--host {host}: is no address of this machine ({error.strerror})") from None
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen()  # a second server is refused now, and not after its model was read
    except OSError as error:
        listening.close()
        raise UsageError(f"--port {port}: cannot be used at {host} ({error.strerror})") from None
    return listening
