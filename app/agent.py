"""A call by a W&B agent: which run of which sweep it is to be, as the environment tells it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path

from app.documents import read_document
from app.layout import PARAMETERS_VARIABLE, RUN_VARIABLE, SWEEP_VARIABLE

__all__ = ["AgentCall", "StoppedBySweep", "find_call", "forget_call", "obeying_sigterm"]


@dataclass(frozen=True)
class AgentCall:
    """One call of an agent: the W&B run that waits for it, and what the sweep has chosen."""

    sweep: str
    run: str
    parameters: Mapping[str, str] = field(default_factory=dict)  # name -> value, as text that is read as YAML


def find_call(environment: MutableMapping[str, str]) -> AgentCall | None:
    """The call that `environment` tells of; None where no agent has made one.

    The name of a W&B run without a sweep is taken away: the runs of a plan would all write to that one.

    Raises:
        ConfigError: the file of the sweep's parameters cannot be read.
    """
    if not environment.get(SWEEP_VARIABLE) or not environment.get(RUN_VARIABLE):
        environment.pop(RUN_VARIABLE, None)
        return None
    call = AgentCall(environment[SWEEP_VARIABLE], environment[RUN_VARIABLE])
    place = environment.get(PARAMETERS_VARIABLE)
    return AgentCall(call.sweep, call.run, _read_parameters(Path(place))) if place else call


def forget_call(environment: MutableMapping[str, str]) -> None:
    """Take away what an agent may have set: a search of our own has a W&B run for each trial."""
    for name in (SWEEP_VARIABLE, RUN_VARIABLE, PARAMETERS_VARIABLE):
        environment.pop(name, None)


def _read_parameters(path: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, entry in read_document(path).data.items():
        if isinstance(entry, dict) and "value" in entry:  # the rest is wandb's own bookkeeping
            found[str(name)] = json.dumps(entry["value"])
    return found


class StoppedBySweep(KeyboardInterrupt):
    """The agent has sent SIGTERM: its sweep has stopped this run, or is stopped itself."""


@contextlib.contextmanager
def obeying_sigterm() -> Iterator[None]:
    """Within it SIGTERM raises `StoppedBySweep`, once; what is not caught by its end ends the process by that signal.

    So an agent takes it for a run that was stopped, and not for one that failed, as it would after an exit code.
    """
    signal.signal(signal.SIGTERM, _raise_stopped)
    try:
        yield
    except StoppedBySweep:
        sys.stdout.flush()
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTERM)


def _raise_stopped(*_: object) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise StoppedBySweep
