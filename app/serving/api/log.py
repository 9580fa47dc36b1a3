"""The log: a JSON document on each line of stderr."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import Any

__all__ = ["LOG", "set_up_log", "write_log"]

LOG = logging.getLogger("serving")


class _Lines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        document = {
            "time": datetime.fromtimestamp(getattr(record, "when", record.created), UTC).isoformat(
                timespec="milliseconds"
            ),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **getattr(record, "facts", {}),
        }
        if record.exc_info:
            document["traceback"] = self.formatException(record.exc_info)
        return json.dumps(document, ensure_ascii=False, default=str)


def set_up_log() -> None:
    """Write what this server says, and what uvicorn has to complain of, to stderr."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Lines())
    for name, level in (("serving", logging.INFO), ("uvicorn.error", logging.WARNING), ("asyncio", logging.WARNING)):
        logger = logging.getLogger(name)
        logger.handlers[:] = [handler]
        logger.setLevel(level)
        logger.propagate = False


def write_log(event: str, *, level: int = logging.INFO, when: float | None = None, **facts: object) -> None:
    """One line, of now or of seconds since 1970. Facts are no texts of requests, unless these were asked for."""
    extra: dict[str, Any] = {"facts": facts} if when is None else {"facts": facts, "when": when}
    LOG.log(level, event, extra=extra)
