"""A server is asked until it serves the new champion, and not for ever."""

import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from app.serving.lifecycle.takeover import await_version


@contextmanager
def serving(*versions: object, key: str = "") -> Iterator[str]:
    """A server that answers with one of `versions` after the other, and stays at the last."""
    left = list(versions)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            is_known = self.headers.get("Authorization", "") == (f"Bearer {key}" if key else "")
            self.send_response(200 if is_known and self.path == "/v1/model" else 401)
            self.end_headers()
            self.wfile.write(json.dumps({"version": left.pop(0) if len(left) > 1 else left[0]}).encode())

        def log_message(self, *words: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_it_waits_until_the_version_is_served():
    with serving(1, 1, 2) as url:
        assert await_version(url, 2, key=None, seconds=20) == 2


def test_when_time_is_up_it_tells_what_is_served():
    with serving(1) as url:
        assert await_version(url, 2, key=None, seconds=0) == 1


def test_it_gives_the_key():
    with serving(3, key="secret") as url:
        assert await_version(url, 3, key="secret", seconds=0) == 3
        assert await_version(url, 3, key=None, seconds=0) is None


def test_one_that_does_not_answer_or_says_something_else_serves_nothing():
    assert await_version("http://127.0.0.1:9", 1, key=None, seconds=0) is None
    with serving("new") as url:
        assert await_version(url, 1, key=None, seconds=0) is None
