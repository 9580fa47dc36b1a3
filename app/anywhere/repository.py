"""Where the project is published: the one place that knows its slug, owner/name on GitHub."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from app.errors import UsageError
from app.layout import PROJECT

__all__ = ["find_slug"]

_SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}")
# https://github.com/o/n.git, with or without credentials; git@github.com:o/n; ssh://git@github.com/o/n
_ADDRESS = re.compile(r"(?:(?:https?|ssh|git)://)?(?:[^/@]*@)?github\.com(?::\d+)?[:/](.+?)(?:\.git)?/?")


def find_slug(given: str = "", project: Path = PROJECT) -> str:
    """`given`, or the slug of git's remote: `origin`, or the only one there is.

    Raises:
        UsageError: it is no slug, or none is given and git knows no repository on GitHub.
    """
    if given:
        if _SLUG.fullmatch(given):
            return given
        raise UsageError(f"SLUG={given}: not a repository on GitHub; write owner/name")
    remotes = _ask_git("remote", project=project).split()
    if not remotes:
        raise UsageError("no SLUG is given and git has no remote; say SLUG=owner/name")
    if "origin" not in remotes and len(remotes) > 1:
        raise UsageError(f"git has several remotes ({', '.join(remotes)}), none called origin; say SLUG=owner/name")
    remote = "origin" if "origin" in remotes else remotes[0]
    address = _ADDRESS.fullmatch(_ask_git("remote", "get-url", remote, project=project))
    if address is None or not _SLUG.fullmatch(address[1]):  # it is not shown: it may hold a password
        raise UsageError(f"git's remote {remote} is not on github.com; say SLUG=owner/name")
    return address[1]


def _ask_git(*words: str, project: Path) -> str:
    """What git answers of the project itself, not of a repository around it; empty where there is none."""
    if not (project / ".git").exists():
        return ""
    try:
        return subprocess.run(["git", "-C", project, *words], capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""
