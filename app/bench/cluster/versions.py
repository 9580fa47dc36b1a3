"""What computes on a machine: the project and the libraries that decide about figures, and how two of them differ."""

from __future__ import annotations

import functools
import hashlib
import platform
from collections.abc import Mapping
from importlib import metadata

from app import __version__
from app.layout import PROJECT

__all__ = ["describe_differences", "digest_project", "read_versions"]

LIBRARIES = ("torch", "transformers", "datasets", "numpy", "wandb")
_CODE = ("app/**/*.py", "notebooks/*.py", "config/architectures.yaml")
_REMEDY = {
    "project": "bring both to one commit, without changes of their own",
    "python": "make the environment there with the same Python",
}


def read_versions() -> dict[str, str]:
    """What this machine has, by name: `project`, `python` and each library; `none` for one that is missing."""
    found = {"project": f"{__version__} ({digest_project()})", "python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = metadata.version(name).partition("+")[0]  # torch's builds for processors and GPUs are one
        except metadata.PackageNotFoundError:
            found[name] = "none"
    return found


@functools.cache
def digest_project() -> str:
    """Twelve hex digits of the code that runs are made by: app/, the templates, the table of architectures."""
    digest = hashlib.sha256()
    for path in sorted(path for pattern in _CODE for path in PROJECT.glob(pattern)):
        digest.update(f"{path.relative_to(PROJECT)}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()[:12]


def describe_differences(node: str, there: Mapping[str, str], here: Mapping[str, str]) -> list[str]:
    """A line for each thing that `node` has otherwise than the driver, with what to do; none where all is alike."""
    usual = "run make setup there, on the same Pipfile.lock"
    return [
        f"node {node}: {name} {there.get(name, 'none')}, the driver has {version}; {_REMEDY.get(name, usual)}"
        for name, version in here.items()
        if there.get(name) != version
    ]
