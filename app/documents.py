"""A YAML file as plain data that remembers the place of each key, with `--set` laid over it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from app.errors import ConfigError, Problem

__all__ = ["Document", "KeyPath", "assign", "parse_value", "read_document"]

KeyPath = tuple[str | int, ...]


_LARGEST_FILE = 1 << 18  # bytes
_DEEPEST = 50  # levels of mappings and lists
_MOST_BITS = 512  # of a whole number
_MOST_VALUES = 50_000  # with every alias written out


class _Refused(yaml.MarkedYAMLError):
    """YAML as such, but what no file of this project has."""


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader, which also reads `3e-4` as a number, as YAML 1.2 does, and knows where to stop.

    A few lines of aliases to aliases stand for more values than any memory holds, and a text nested some thousands deep
    is too much for whoever walks it: both are refused before anything is made of them.
    """

    def __init__(self, stream: Any) -> None:
        super().__init__(stream)
        self._depth = 0
        self._sizes: dict[yaml.Node, int] = {}  # node -> how many values stand in it, itself among them

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
        if self._depth == _DEEPEST:
            raise _Refused(problem=f"is nested more than {_DEEPEST} levels deep", problem_mark=mark)
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        if node is not None:
            self._sizes[node] = size = 1 + sum(self._sizes.get(part, 1) for part in _parts(node))
            if max(size, len(self._sizes)) > _MOST_VALUES:
                problem = f"holds more than {_MOST_VALUES:,} values, its aliases written out"
                raise _Refused(problem=problem, problem_mark=mark)
        return node

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        found = dict(super().construct_mapping(node, deep=deep))
        for key, (place, _) in zip(found, node.value, strict=False):
            if not isinstance(key, str):
                problem = f"a key has to be text, and {key!r} is none: write it in quotes"
                raise _Refused(problem=problem, problem_mark=place.start_mark)
        return found


def _parts(node: yaml.Node) -> Iterator[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        for pair in node.value:
            yield from pair
    elif isinstance(node, yaml.SequenceNode):
        yield from node.value


def _read_integer(loader: _Loader, node: yaml.ScalarNode) -> int:
    value = int(loader.construct_yaml_int(node))
    if value.bit_length() > _MOST_BITS:  # Python itself would not print one of some thousand digits
        raise _Refused(problem="is a whole number beyond any use", problem_mark=node.start_mark)
    return value


_Loader.add_constructor("tag:yaml.org,2002:int", _read_integer)
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    __import__("re").compile(r"^[-+]?(?:[0-9][0-9_]*)(?:\.[0-9_]*)?[eE][-+]?[0-9]+$"),
    list("-+0123456789"),
)


@dataclass
class Document:
    """Plain data (mappings, lists, scalars) from a file, and where each key path was given."""

    source: str
    data: Any
    lines: dict[KeyPath, int] = field(default_factory=dict)
    overrides: dict[KeyPath, str] = field(default_factory=dict)  # key path -> the command-line words that set it

    def where(self, path: KeyPath) -> str:
        """The place of `path`, or of the closest part of it that was written down."""
        below = next((words for key, words in self.overrides.items() if path and key[: len(path)] == path), None)
        if below is not None:
            return below
        for length in range(len(path), -1, -1):
            part = path[:length]
            if part in self.overrides:
                return self.overrides[part]
            if part in self.lines:
                return f"{self.source}:{self.lines[part]}"
        return self.source


def read_document(path: Path, *, is_ours: bool = False) -> Document:
    """Read a YAML file.

    One that `is_ours` is read by libyaml where that is there: five times as fast, but a text nested 100,000 deep ends
    the process, which a file of the user's must not.

    Raises:
        ConfigError: the file is missing, unreadable, too large, not UTF-8, not YAML, not a mapping, nested too deep, or
            gives a key twice.
    """
    source = str(path)
    try:
        text = _read_text(path)
    except FileNotFoundError:
        raise ConfigError([Problem(where=source, key="", message="no such file" + _neighbours(path))]) from None
    except UnicodeDecodeError as error:
        raise ConfigError([Problem(where=source, key="", message=f"is not UTF-8 text ({error.reason})")]) from None
    except OSError as error:
        message = f"cannot be read ({error.strerror})"
        raise ConfigError([Problem(where=source, key="", message=message)]) from None
    try:
        loader = getattr(yaml, "CSafeLoader", _Loader)(text) if is_ours else _Loader(text)
        try:
            node = loader.get_single_node()
            data = loader.construct_document(node) if node else None
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{source}:{mark.line + 1}:{mark.column + 1}" if mark else source
        message = f"{error.problem}" if isinstance(error, _Refused) else f"is not YAML: {error.problem}"
        raise ConfigError([Problem(where=where, key="", message=message)]) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ConfigError([Problem(where=source, key="", message=f"is not YAML: {error}")]) from None
    if not isinstance(data, dict):
        raise ConfigError([Problem(where=source, key="", message="must be a mapping of keys to values")])
    lines: dict[KeyPath, int] = {}
    repeated: list[Problem] = []
    try:
        places = list(_walk(node, ()))
    except RecursionError:
        raise ConfigError([Problem(where=source, key="", message="an alias stands inside itself")]) from None
    for key_path, line in places:
        if key_path in lines:
            message = f"given twice, first in line {lines[key_path]}; keep one"
            repeated.append(Problem(where=f"{source}:{line}", key=".".join(map(str, key_path)), message=message))
        lines.setdefault(key_path, line)
    if repeated:
        raise ConfigError(repeated)
    return Document(source=source, data=data, lines=lines)


def _read_text(path: Path) -> str:
    with path.open("rb") as file:
        content = file.read(_LARGEST_FILE + 1)
    if len(content) > _LARGEST_FILE:
        message = f"is larger than {_LARGEST_FILE >> 10} KiB: is it the right file?"
        raise ConfigError([Problem(where=str(path), key="", message=message)])
    return content.decode("utf-8")


def parse_value(text: str) -> Any:
    """A value from the command line, read as YAML (`3e-4`, `[1, 2]`, `{train: a.csv}`); else the text itself."""
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506  # nosec B506  # _Loader is the safe one, with another number form
    except (yaml.YAMLError, ValueError, RecursionError):
        return text


def assign(document: Document, path: KeyPath, value: Any, words: str) -> None:
    """Lay `value` over the document at `path`; `words` are what the user typed, for messages.

    Whether the key exists is for validation to say, with all other problems; only a step into something that
    has no inside is refused here.

    Raises:
        ConfigError: the path steps into a list at an index that is not there.
    """
    target = document.data
    for depth, key in enumerate(path[:-1]):
        if isinstance(target, dict) and not isinstance(target.get(str(key)), dict | list):
            target[str(key)] = {}
        target = target[_checked(target, key, path, words)]
        document.lines.pop(path[: depth + 1], None) if not target else None
    target[_checked(target, path[-1], path, words)] = value
    for written in [known for known in document.lines if known[: len(path)] == path]:
        del document.lines[written]
    for laid in [known for known in document.overrides if known[: len(path)] == path]:
        del document.overrides[laid]
    document.overrides[path] = words


def _checked(target: Any, key: str | int, path: KeyPath, words: str) -> Any:
    if isinstance(target, dict):
        return str(key)
    if isinstance(target, list) and isinstance(key, int) and 0 <= key < len(target):
        return key
    what = f"a list of {len(target)}: {key!r} is not one of its places" if isinstance(target, list) else "a value"
    raise ConfigError([Problem(where=words, key=".".join(map(str, path)), message=f"does not exist: {what}")])


def _walk(node: yaml.Node | None, path: KeyPath) -> Iterator[tuple[KeyPath, int]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            below = (*path, str(key.value))
            yield below, key.start_mark.line + 1
            yield from _walk(value, below)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            below = (*path, index)
            yield below, value.start_mark.line + 1
            yield from _walk(value, below)


def _neighbours(path: Path) -> str:
    found = sorted(str(other) for other in path.parent.glob("*.yaml")) if path.parent.is_dir() else []
    return f"; there are {', '.join(found[:12])}" if found else ""
