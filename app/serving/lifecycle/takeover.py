"""Whether a server has taken over the new champion: asked until it has, or until time is up."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request

__all__ = ["await_version"]

SECONDS = 30.0
PAUSE = 0.5
ANSWER_SECONDS = 5.0  # for one answer


def await_version(server: str, version: int, *, key: str | None, seconds: float = SECONDS) -> int | None:
    """The version that the server says it serves, as soon as it is `version`, or when time is up.

    The server sees by itself that the alias has moved; nothing is sent to it but the question.

    Args:
        server: its URL.
        version: the new champion.
        key: the Bearer key, where it asks for one.
        seconds: to wait.

    Returns:
        None where it does not answer.
    """
    until = time.monotonic() + seconds
    while True:
        found = _ask(server, key)
        if found == version or time.monotonic() >= until:
            return found
        time.sleep(PAUSE)


def _ask(server: str, key: str | None) -> int | None:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    request = urllib.request.Request(f"{server.rstrip('/')}/v1/model", headers=headers)  # noqa: S310  # http(s) alone: see file.py
    try:
        with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as answer:  # noqa: S310  # nosec B310
            version = json.load(answer).get("version")
            return version if isinstance(version, int) else None
    except (OSError, ValueError, AttributeError):  # urllib's own errors are OSErrors
        return None
