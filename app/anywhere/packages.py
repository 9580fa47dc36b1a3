"""The packages of Pipfile and Pipfile.lock as lines for pip. It runs before any of them is installed.

`python -m app.anywhere.packages locked` prints what the project stands on, with hashes and without what only its
developers need; `machine` instead of `locked` what depends on the machine: torch, and what needs it.
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from app.layout import PROJECT

__all__ = ["lacking_lines", "locked_lines", "machine_lines"]

_Entry = str | Mapping[str, Any]  # "~=2.7", or a table with the version, extras and markers


def main(words: list[str]) -> int:
    """Print the lines that are asked for; 2 where the word is none of those above."""
    lines = {"locked": locked_lines, "machine": machine_lines}
    if len(words) != 1 or words[0] not in lines:
        sys.stderr.write(f"say one of {', '.join(lines)}: python -m app.anywhere.packages locked\n")
        return 2
    sys.stdout.write("".join(f"{line}\n" for line in lines[words[0]]()))
    return 0


def locked_lines(project: Path = PROJECT) -> list[str]:
    """A line for each package of the lock, at its version and with its hashes; none that only developers need."""
    lock = json.loads((project / "Pipfile.lock").read_text(encoding="utf-8"))
    return [
        " ".join([_line(name, entry), *(f"--hash={digest}" for digest in entry["hashes"])])
        for name, entry in sorted(lock["default"].items())
    ]


def machine_lines(project: Path = PROJECT) -> list[str]:
    """A line for each package of the category that is not locked: torch, what needs it, what one system needs."""
    return [_line(name, entry) for name, entry in _pipfile(project)["torch"].items()]


def lacking_lines(installed: Collection[str], project: Path = PROJECT) -> list[str]:
    """A line for each package of the Pipfile whose name is not among `installed`, however it is written there.

    A package that is there is left as it is, whatever its version. So one that is not may be older than the Pipfile
    asks, where it has to fit the others; never newer.
    """
    there = {_normal(name) for name in installed}
    pipfile = _pipfile(project)
    wanted = {**pipfile["packages"], **pipfile["torch"]}
    return [
        _without_lower_bound(_line(name, entry))
        for name, entry in wanted.items()
        if _normal(name) not in there and not _is_for_another_system(entry)
    ]


def _pipfile(project: Path) -> Mapping[str, Mapping[str, _Entry]]:
    return tomllib.loads((project / "Pipfile").read_text(encoding="utf-8"))


def _line(name: str, entry: _Entry) -> str:
    """One entry of Pipfile or lock as pip writes it, with its extras and the systems it is for."""
    table = {"version": entry} if isinstance(entry, str) else entry
    extras = f"[{','.join(table['extras'])}]" if "extras" in table else ""
    version = "" if table["version"] == "*" else table["version"]
    systems = f" ; {table['markers']}" if "markers" in table else ""
    return f"{name}{extras}{version}{systems}"


def _is_for_another_system(entry: _Entry) -> bool:
    system = re.fullmatch(r"sys_platform == '(\w+)'", "" if isinstance(entry, str) else str(entry.get("markers", "")))
    return system is not None and system[1] != sys.platform


def _without_lower_bound(line: str) -> str:
    """`~=1.23` as `<2`, and `~=0.4.6` as `<0.5`: the end of the compatible releases (PEP 440)."""

    def end(match: re.Match[str]) -> str:
        *leading, last, _ = map(int, match[1].split("."))
        return "<" + ".".join(map(str, [*leading, last + 1]))

    return re.sub(r"~=([0-9.]+)", end, line)


def _normal(name: str) -> str:
    """One spelling of the many that a package's name may have (packaging.python.org, name normalization)."""
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
