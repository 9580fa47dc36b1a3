"""Commands timed in turn, so that whatever else the machine does meets all of them alike."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["CommandError", "Observation", "run_command", "take_turns"]


class CommandError(Exception):
    """A command that was to be timed did not end well; the message has its last words."""


@dataclass(frozen=True)
class Observation:
    """One command, run once."""

    seconds: float  # wall clock, from its start to its end
    peak_memory_bytes: int  # resident set of the largest of its processes that were waited for
    said: Mapping[str, Any] = field(default_factory=dict)  # the JSON of its last line, where that is JSON


def take_turns(
    competitors: Mapping[str, Callable[[], Observation]], repeats: int
) -> dict[str, tuple[Observation, ...]]:
    """Run every competitor once a round, `repeats` rounds long, each round begun by another one.

    Returns:
        Name -> an observation a round; those of the same round are what may be compared.
    """
    names = list(competitors)
    seen: dict[str, list[Observation]] = {name: [] for name in names}
    for number in range(repeats):
        first = number % len(names)
        for name in names[first:] + names[:first]:
            seen[name].append(competitors[name]())
    return {name: tuple(observations) for name, observations in seen.items()}


def run_command(
    words: Sequence[str],
    *,
    folder: Path,
    environment: Mapping[str, str] | None = None,
    timeout_seconds: float = 3600,
) -> Observation:
    """Run a command to its end.

    Raises:
        CommandError: it ended otherwise than with 0, or took longer than `timeout_seconds`.
    """
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        launcher = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", LAUNCHER, *words],
            cwd=folder,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            start_new_session=True,
        )
        try:
            launcher.wait(timeout_seconds)
        except BaseException as error:
            os.killpg(launcher.pid, signal.SIGKILL)
            launcher.wait()
            if isinstance(error, subprocess.TimeoutExpired):
                raise CommandError(f"{' '.join(words)}: took longer than {timeout_seconds:g} s") from None
            raise
        output.seek(0)
        errors.seek(0)
        lines, complaints = output.read().splitlines(), errors.read().splitlines()
    if launcher.returncode != 0:
        last = "\n".join([*lines, *complaints][-15:])
        raise CommandError(f"{' '.join(words)}: exit code {launcher.returncode}\n{last}")
    measured = json.loads(complaints[-1])
    peak = measured["peak"] * (1 if sys.platform == "darwin" else 1024)
    return Observation(measured["seconds"], peak, _as_json(lines))


# The system counts the memory of the process that starts another as that other's: so a process that holds next to
# nothing starts the command and waits for it.
LAUNCHER = """
import json, os, resource, sys, time
began = time.perf_counter()
code = os.waitstatus_to_exitcode(os.waitpid(os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ), 0)[1])
seconds, peak = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(json.dumps({"seconds": seconds, "peak": peak}), file=sys.stderr)
sys.exit(code if code >= 0 else 128 - code)
"""


def _as_json(lines: Sequence[str]) -> Mapping[str, Any]:
    try:
        said = json.loads(lines[-1])
    except (IndexError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}
