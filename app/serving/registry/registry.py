"""The registry: versions of packaged models, found by their number or by an alias, and decided on one at a time."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from app.errors import RegistryError
from app.layout import PackageFolder
from app.schema import NAME
from app.serving.package.manifest import Manifest, parse_manifest, verify_package
from app.serving.registry.events import (
    ALIASES,
    CANDIDATE,
    CHAMPION,
    Event,
    State,
    fold,
    read_event,
    write_event,
)
from app.serving.registry.places import open_place

__all__ = ["Decision", "Registry", "Version"]

MAKE_ONE = "make one with `python app.py package --config FILE`"


@dataclass(frozen=True)
class Version:
    """A version of a model, and where its package lies on this machine."""

    name: str
    number: int
    folder: PackageFolder
    alias: str | None  # by which it was asked for


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What is to become of a version."""

    kind: Literal["promoted", "refused", "rolled-back"]
    version: int
    against: int | None = None
    reason: str
    figures: Mapping[str, float | int | str | None]


class Registry:
    """Models in a folder or behind a URL. Every change is an event of its own, and none is ever overwritten.

    Several processes may write to one registry at once. An instance remembers the events that it has read, which never
    change: to ask again costs one look for the next.
    """

    def __init__(self, root: str) -> None:
        """Open the registry in the folder, or at the fsspec URL, `root`; it need not be there yet.

        Raises:
            RegistryError: the URL is of a kind that cannot be used.
        """
        self.root = root
        self._place = open_place(root)
        self._known: dict[str, State] = {}
        self._checked: dict[tuple[str, int], PackageFolder] = {}

    def names(self) -> list[str]:
        """The models there are, by name."""
        return self._place.names()

    def state(self, name: str) -> State:
        """The versions of a model, its aliases and its history.

        Raises:
            RegistryError: there is no such model, or an event of it is damaged.
        """
        state = self._read(name)
        if not state.history:
            raise RegistryError(f"{self.root}: there is no model {name}; {self._describe_names()}")
        return state

    def add(self, name: str, folder: PackageFolder, alias: str = CANDIDATE) -> int:
        """Copy a package into the registry as the next version of `name`, under `alias`; returns its number.

        Raises:
            PackageError: a file of it is not what was packaged.
            RegistryError: the name is none, or the registry cannot be written.
        """
        if not re.fullmatch(NAME, name) or alias not in ALIASES:
            raise RegistryError(f"{name}@{alias}: give a name as of a benchmark, and {' or '.join(ALIASES)}")
        verify_package(folder)
        digest = hashlib.sha256(folder.manifest.read_bytes()).hexdigest()
        number = self._place.put(name, folder, max(self._read(name).versions, default=0) + 1)

        def add(state: State) -> Event:
            against = state.champion if alias == CHAMPION else None
            return _event(state, kind="added", version=number, alias=alias, package=digest, against=against)

        self._append(name, add)
        return number

    def decide(self, name: str, decide: Callable[[State], Decision]) -> Decision:
        """Record what `decide` makes of the state; where another process was first, it is asked again.

        Raises:
            RegistryError: there is no such model, or the registry cannot be written.
        """
        self.state(name)
        made: list[Decision] = []

        def judge(state: State) -> Event:
            made.append(decide(state))
            return _event(state, **vars(made[-1]))

        self._append(name, judge)
        return made[-1]

    def roll_back(self, name: str) -> Decision:
        """Make the champion before the champion again.

        Raises:
            RegistryError: there is none before it.
        """

        def go_back(state: State) -> Decision:
            if len(state.champions) < 2:
                stands = f"version {state.champion} is the first champion" if state.champion else "it has no champion"
                raise RegistryError(f"{name}: there is nothing to go back to; {stands}")
            before, now = state.champions[-2:]
            reason = f"back to version {before}, from version {now}"
            return Decision(kind="rolled-back", version=before, against=now, reason=reason, figures={})

        return self.decide(name, go_back)

    def find(self, reference: str = CHAMPION) -> Version:
        """The version that `NAME@champion`, `NAME@3`, `NAME` (its champion), or, of a single model, `champion` means.

        Raises:
            RegistryError: there is no such thing; the message says what there is.
        """
        name, wanted = self._split(reference)
        state = self.state(name)
        if wanted.isdecimal():
            number, alias = int(wanted), None
        else:
            number, alias = state.aliases.get(wanted, 0), wanted
        if number not in state.versions:
            there = [f"{known} (version {at})" for known, at in state.aliases.items()]
            versions = f"versions {', '.join(map(str, sorted(state.versions)))}"
            missing = f"version {number}" if alias is None else alias
            raise RegistryError(f"{name}: has no {missing}; there are {', '.join([*there, versions])}")
        return Version(name, number, self._fetch(name, state.versions[number]), alias)

    def manifest(self, name: str, number: int) -> Manifest:
        """The manifest of a version, of which nothing else is read.

        Raises:
            PackageError, RegistryError: there is none, or it is not that of what was added.
        """
        added, path = self.state(name).versions[number], f"{name}/{number}/manifest.json"
        content = self._place.read(path)
        if content is None or hashlib.sha256(content).hexdigest() != added.package:
            gone = "is gone" if content is None else "is not that of the package that was added"
            raise RegistryError(f"{self.root}/{path}: {gone}; take another version")
        return parse_manifest(content, f"{self.root}/{path}")

    def only(self, name: str | None) -> str:
        """That name, or without one that of the only model.

        Raises:
            RegistryError: there are several, or none.
        """
        return name or self._split(CHAMPION)[0]

    def _split(self, reference: str) -> tuple[str, str]:
        """Name and alias, or number."""
        name, separator, wanted = reference.rpartition("@")
        if separator:
            return name, wanted
        if reference not in ALIASES and not reference.isdecimal():
            return reference, CHAMPION
        names = self.names()
        if len(names) != 1:
            message = f"{reference} alone is not enough; give NAME@{reference}" if names else "it is empty"
            raise RegistryError(f"{self.root}: {message}; {self._describe_names()}")
        return names[0], reference

    def _fetch(self, name: str, added: Event) -> PackageFolder:
        key = (name, added.version)
        if key not in self._checked:
            folder = self._place.fetch(name, added.version)
            try:
                found = hashlib.sha256(folder.manifest.read_bytes()).hexdigest()
            except OSError as error:
                raise RegistryError(f"{folder.manifest}: cannot be read ({error.strerror})") from None
            if found != added.package:
                raise RegistryError(f"{folder.path}: is not the package that was added; take another version")
            self._checked[key] = folder
        return self._checked[key]

    def _read(self, name: str) -> State:
        """The state after the events that are there by now; an empty one of a model that is not."""
        state = self._known.get(name, State())
        if not re.fullmatch(NAME, name):
            return State()
        events: list[Event] = []
        while True:
            path = f"{name}/events/{len(state.history) + len(events) + 1}.json"
            content = self._place.read(path)
            if content is None:
                break
            events.append(read_event(content, f"{self.root}/{path}"))
        if events:
            state = self._known[name] = fold(state, events)
        return state

    def _append(self, name: str, make: Callable[[State], Event]) -> None:
        """Write the next event; it is made anew from the state then as often as another process has been first."""
        while True:
            event = make(self._read(name))
            if self._place.create(f"{name}/events/{event.number}.json", write_event(event)):
                return

    def _describe_names(self) -> str:
        names = self.names()
        return f"there are {', '.join(names)}" if names else f"there is no model in it; {MAKE_ONE}"


def _event(state: State, **values: object) -> Event:
    return Event.model_validate({"number": len(state.history) + 1, "time": datetime.now(UTC), **values})
