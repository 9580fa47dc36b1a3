"""What one request may ask for, and how much may wait."""

from __future__ import annotations

__all__ = [
    "BATCH_TOKENS",
    "BODY_BYTES",
    "BODY_SECONDS",
    "CHARACTERS",
    "CONNECTIONS",
    "GENERATIONS",
    "HEAD_SECONDS",
    "SECONDS",
    "TEXTS",
    "TOKENS",
    "TOP",
    "WAITING_ROWS",
    "WORDS",
]

BODY_BYTES = 1 << 20
TEXTS = 32  # of one request
CHARACTERS = 20_000  # of one text
WORDS = 2_000  # of one text that is given as a list of words
TOP = 100  # labels
TOKENS = 1_000  # that a language model may be asked to write
WAITING_ROWS = 512  # more are refused until some are answered
GENERATIONS = 4  # at a time
CONNECTIONS = 1_000
SECONDS = 10.0  # for an answer; for the whole of a text that a language model writes, six times as long
HEAD_SECONDS = 10.0  # from a connection to the first request on it
BODY_SECONDS = 10.0  # for the body of a request to arrive
BATCH_TOKENS = 1_024  # of one forward pass, padding included; more are no faster, and take memory
