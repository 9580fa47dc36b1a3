"""The body of a request, read whole and checked, or a problem in plain words."""

from __future__ import annotations

import asyncio
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from starlette.requests import ClientDisconnect, Request

from app.serving.api.limits import BODY_BYTES, BODY_SECONDS
from app.serving.api.problems import RequestError

__all__ = ["read_body", "read_request"]

Wanted = TypeVar("Wanted", bound=BaseModel)
SAID = 5  # problems of one body


async def read_request(request: Request, wanted: type[Wanted]) -> Wanted:
    """The body as what is wanted of it.

    Raises:
        RequestError: 400, 408, 413, 415 or 422.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        # another page in the same browser can send any other type without asking
        raise RequestError(415, "not_json", "send application/json, and say so in the header Content-Type")
    body = await read_body(request)
    try:
        body.decode()
    except UnicodeDecodeError as error:
        raise RequestError(400, "not_utf8", f"the body is not UTF-8: byte {error.start} cannot be read") from None
    try:
        return wanted.model_validate_json(body)
    except ValidationError as error:
        problems = error.errors(include_url=False)
        if problems[0]["type"] == "json_invalid":
            why = problems[0]["ctx"]["error"]
            raise RequestError(400, "not_json", f"the body is not JSON: {why}") from None
        lines = list(dict.fromkeys(_describe(problem) for problem in problems))
        more = [f"and {len(lines) - SAID} more"] if len(lines) > SAID else []
        raise RequestError(422, "invalid", "; ".join([*lines[:SAID], *more])) from None


async def read_body(request: Request) -> bytes:
    """All of the body.

    Raises:
        RequestError: it is larger than may be, or takes too long to arrive.
    """
    too_large = RequestError(413, "too_large", f"the body may have {BODY_BYTES:,} bytes at most; send less at a time")
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > BODY_BYTES:
        raise too_large
    parts, size = [], 0
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for part in request.stream():
                size += len(part)
                if size > BODY_BYTES:
                    raise too_large
                parts.append(part)
    except TimeoutError:
        raise RequestError(408, "too_slow", f"the body did not arrive within {BODY_SECONDS:g} s") from None
    except ClientDisconnect:
        raise RequestError(400, "gone", "the connection was closed before the body had arrived") from None
    return b"".join(parts)


def _describe(problem: ErrorDetails) -> str:
    """One thing that is wrong, as `texts.3: ...`."""
    place = [str(part) for part in problem["loc"] if not _names_type(part)]
    context = problem.get("ctx", {})
    message = {
        "missing": "is missing",
        "extra_forbidden": "is not known here",
        "string_type": "has to be a string",
        "list_type": "has to be a list",
        "int_type": "has to be a whole number",
        "float_type": "has to be a number",
        "bool_type": "has to be true or false",
        "string_too_long": "may have {max_length:,} characters at most",
        "string_too_short": "is empty",
        "too_long": "may have {max_length:,} items at most",
        "too_short": "is empty",
        "greater_than_equal": "has to be {ge} or more",
        "less_than_equal": "may be {le} at most",
        "less_than": "has to be less than {lt}",
        "value_error": "{error}",
        "model_type": "the body has to be a JSON object",
        "model_attributes_type": "the body has to be a JSON object",
    }.get(problem["type"])
    said = message.format(**context) if message else problem["msg"]
    return f"{'.'.join(place)}: {said}" if place else said


def _names_type(part: int | str) -> bool:
    """Whether a part of a place is the branch of a union, of which a reader knows nothing."""
    return isinstance(part, str) and (part == "str" or part.startswith(("constrained-", "list[", "function-")))
