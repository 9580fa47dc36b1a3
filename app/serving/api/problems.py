"""What is wrong with a request, as JSON with a message that a person understands."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel, Field
from starlette.responses import Response

__all__ = ["ProblemAnswer", "RequestError", "respond"]


class ProblemDetail(BaseModel):
    """What went wrong."""

    code: str = Field(description="for programs; it stays the same", examples=["text_empty"])
    message: str = Field(description="for people", examples=["text: is empty"])


class ProblemAnswer(BaseModel):
    """The body of every answer that is none."""

    error: ProblemDetail


class RequestError(Exception):
    """A request that is not answered as it was meant."""

    def __init__(self, status: int, code: str, message: str, *, headers: Mapping[str, str] | None = None) -> None:
        """Say what is wrong.

        Args:
            status: of HTTP.
            code: one word for programs.
            message: for people: what is wrong, and what to do.
            headers: that go with it.
        """
        super().__init__(message)
        self.status, self.code, self.message, self.headers = status, code, message, dict(headers or {})


def respond(problem: RequestError) -> Response:
    """The problem as a response."""
    body = ProblemAnswer(error=ProblemDetail(code=problem.code, message=problem.message)).model_dump_json()
    return Response(body, problem.status, headers=problem.headers, media_type="application/json")
