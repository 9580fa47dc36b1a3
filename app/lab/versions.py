"""Data files that DVC tracks: fetched where they are missing, and known by the md5 that `FILE.dvc` has of them."""

from __future__ import annotations

import functools
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from app.documents import read_document
from app.errors import ConfigError, DataError

__all__ = ["TRACKED", "find_versions"]

TRACKED = ".dvc"  # of a file's own name: train.csv.dvc
INSTALL = "install it (pipenv install --skip-lock --categories dvc, or pip install dvc)"


def find_versions(paths: Mapping[str, Path]) -> dict[str, str]:
    """The md5 of each file that DVC tracks, by the name of its split; a file that is not here is pulled first.

    DVC is asked by its program, on the path or beside this Python, and only where a file is missing.

    Args:
        paths: split -> file.

    Raises:
        DataError: with a line for each file that cannot be pulled, or is not the one that its .dvc file names.
    """
    found, problems = {}, []
    for name, path in paths.items():
        tracked = path.with_name(path.name + TRACKED)
        if not tracked.is_file():
            continue
        try:
            found[name] = _find_version(path, tracked)
        except (DataError, ConfigError) as error:
            problems.append(str(error))
    if problems:
        raise DataError("\n".join(dict.fromkeys(problems)))
    return found


def _find_version(path: Path, tracked: Path) -> str:
    md5, is_legacy = _read_tracked(tracked)
    if not path.exists():
        _pull(path, tracked)
        remedy = "the remote holds another file under that name; push it anew from where it was added"
    else:
        remedy = f"`dvc checkout {tracked}` brings that one back, `dvc add {path}` makes this one a version"
    if md5 not in _digests(path, is_legacy=is_legacy):
        raise DataError(f"{path}: is not the version that {tracked.name} names (md5 {md5}); {remedy}")
    return md5


def _read_tracked(tracked: Path) -> tuple[str, bool]:
    """The md5 in a .dvc file, and whether it is of DVC 2 or before."""
    outs = read_document(tracked).data.get("outs")
    out = outs[0] if isinstance(outs, list) and len(outs) == 1 and isinstance(outs[0], dict) else {}
    md5 = out.get("md5")
    if not isinstance(md5, str) or md5.endswith(".dir"):
        raise DataError(f"{tracked}: names no md5 of one file; track the file anew with `dvc add`")
    return md5, "hash" not in out


def _pull(path: Path, tracked: Path) -> None:
    beside = shutil.which("dvc", path=str(Path(sys.executable).parent))
    program = shutil.which("dvc") or beside
    if program is None:
        raise DataError(f"{path}: is not here, and {tracked.name} says that DVC has it; there is no dvc: {INSTALL}")
    done = subprocess.run(
        [program, "pull", tracked.name],
        cwd=tracked.parent,
        env={**os.environ, "DVC_NO_ANALYTICS": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if not path.exists():  # another process may have pulled it meanwhile, and kept this one from doing so
        said = " ".join(done.stderr.rpartition("ERROR: ")[2].split()) or f"exit code {done.returncode}"
        remedy = f"try `dvc pull {tracked}` by hand, or bring the file"
        raise DataError(f"{path}: is not here, and dvc cannot pull it: {said[:500]}; {remedy}")


def _digests(path: Path, *, is_legacy: bool) -> set[str]:
    """The md5 of a file; of one that DVC 2 tracked, also that of its text with plain line ends, as that had it."""
    try:
        with path.open("rb") as file:
            found = {hashlib.file_digest(file, _md5).hexdigest()}
        if is_legacy:
            found.add(_md5(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest())
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from None
    return found


_md5 = functools.partial(hashlib.md5, usedforsecurity=False)  # DVC's choice: it names a version, and proves nothing
