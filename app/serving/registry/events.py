"""What has happened to the versions of one model, and the state that follows from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from app.checksums import DamagedError, seal_document, unseal_document
from app.errors import RegistryError

__all__ = ["ALIASES", "CANDIDATE", "CHAMPION", "Event", "State", "fold", "read_event", "write_event"]

CANDIDATE, CHAMPION = "candidate", "champion"
ALIASES = (CANDIDATE, CHAMPION)


class Event(BaseModel):
    """One thing that happened; it is written once, and never changed."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    schema_version: Literal[1] = 1
    number: int  # 1 for the first of the model, then without a gap
    kind: Literal["added", "promoted", "refused", "rolled-back"]
    version: int  # that was added or judged; of a rollback, the one that is the champion again
    time: datetime
    alias: str | None = None  # that an added version was given
    package: str = ""  # SHA-256 of the manifest of an added version
    against: int | None = None  # the champion that stood then
    reason: str = ""  # in words
    figures: Mapping[str, float | int | str | None] = {}  # of the comparison


@dataclass(frozen=True)
class State:
    """What the events so far amount to."""

    history: tuple[Event, ...] = ()
    versions: Mapping[int, Event] = field(default_factory=dict)  # number -> how it was added
    aliases: Mapping[str, int] = field(default_factory=dict)
    champions: tuple[int, ...] = ()  # the one that stands last; a rollback goes back along them

    @property
    def champion(self) -> int | None:
        """The version that serves."""
        return self.aliases.get(CHAMPION)


def fold(state: State, events: Iterable[Event]) -> State:
    """The state after some more events."""
    for event in events:
        state = _after(state, event)
    return state


def _after(state: State, event: Event) -> State:
    versions, aliases, champions = dict(state.versions), dict(state.aliases), state.champions
    if event.kind == "added":
        versions[event.version] = event
        if event.alias == CHAMPION:
            champions = (*champions, event.version)
        elif event.alias:
            aliases[event.alias] = event.version
    elif event.kind == "promoted":
        champions = (*champions, event.version)
    elif event.kind == "rolled-back":
        champions = champions[:-1]
    if champions:
        aliases[CHAMPION] = champions[-1]
        if event.kind == "promoted" and aliases.get(CANDIDATE) == event.version:
            del aliases[CANDIDATE]  # it is one no more
    return State((*state.history, event), versions, aliases, champions)


def write_event(event: Event) -> bytes:
    """As a sealed document."""
    document = event.model_dump(mode="json")
    return seal_document({"schema": document.pop("schema_version"), **document}).encode()


def read_event(content: bytes, place: str) -> Event:
    """The event in the bytes of a file.

    Raises:
        RegistryError: they are not what was written.
    """
    try:
        document = unseal_document(content)
        document["schema_version"] = document.pop("schema")
        return Event.model_validate(document)
    except DamagedError as error:
        raise RegistryError(f"{place}: {error}; bring the file back from a copy") from None
    except (KeyError, ValidationError):
        raise RegistryError(f"{place}: is no event of this schema; bring the file back from a copy") from None
