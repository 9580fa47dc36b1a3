"""The command of a sweep file: which benchmark every trial is a run of, and what is fixed in it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.documents import Document
from app.errors import Problem

__all__ = ["Command", "read_command"]

ENVIRONMENT = re.compile(r"\$\{envvar:([A-Z0-9_]*)\}")
ARGUMENTS = "${args"  # so begins each of W&B's ways to write the parameters of a trial into the command
USUAL = "[${env}, ${interpreter}, ${program}, --config, FILE, ${args}]"
SHORTHANDS = {"--workers": "execution.workers", "--executor": "execution.executor"}


@dataclass(frozen=True)
class Command:
    """What the words after the program say."""

    config: Path  # relative to where the command runs
    overrides: tuple[str, ...]  # KEY.PATH=VALUE, in order
    pins: tuple[tuple[str, str], ...]  # axes that the command fixes: name, value


def read_command(document: Document, program: str) -> tuple[Command | None, list[Problem]]:
    """What `command` says, or None where it names no benchmark; and what is wrong with it."""
    problems: list[Problem] = []

    def complain(index: int | None, message: str) -> None:
        path = ("command",) if index is None else ("command", index)
        problems.append(Problem(where=document.where(path), key=".".join(map(str, path)), message=message))

    given = document.data.get("command")
    words = [str(word) for word in given] if isinstance(given, list) else []
    start = next((place for place, word in enumerate(words) if _is_program(word, program)), None)
    if start is None:
        complain(None, f"has no ${{program}}; give the words of a trial's command, as in {USUAL}")
        return None, problems
    config, overrides, pins = "", [], []
    has_arguments = False
    rest = iter(enumerate(map(_filled, words[start + 1 :]), start + 1))
    for index, word in rest:
        name, separator, value = word.partition("=")
        if word.startswith(ARGUMENTS):
            has_arguments = True
        elif name in ("--config", "--set", *SHORTHANDS):
            value = value if separator else _next_word(rest)
            if not value:
                complain(index, f"{name} is followed by nothing")
            elif name == "--config":
                config = value
            else:
                overrides.append(f"{SHORTHANDS[name]}={value}" if name in SHORTHANDS else value)
        elif word in ("--dry-run", "--force"):
            complain(index, f"{word} has no place here: each trial is carried out, and none twice")
        elif word.startswith("--") and separator:
            pins.append((name.removeprefix("--"), value))
        else:
            complain(index, f"unknown word {word!r}; allowed: --config FILE, --set KEY=VALUE, --NAME=VALUE, ${{args}}")
    if not has_arguments:
        complain(None, "has no ${args}: the values of a trial would not reach it")
    if not config:
        complain(None, f"names no benchmark; give --config FILE after ${{program}}, as in {USUAL}")
    return (Command(Path(config), tuple(overrides), tuple(pins)) if config else None), problems


def _is_program(word: str, program: str) -> bool:
    return word in ("${program}", program)


def _filled(word: str) -> str:
    """The word with the environment laid in, as W&B's agent does it: what is not set stands for its own name."""
    return ENVIRONMENT.sub(lambda found: os.environ.get(found.group(1), found.group(1)), word)


def _next_word(rest: Iterator[tuple[int, Any]]) -> str:
    return str(next(rest, (0, ""))[1])
