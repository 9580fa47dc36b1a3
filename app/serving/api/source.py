"""Where the model comes from: a folder that stays as it is, or a reference into the registry that may move."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from app.layout import PackageFolder
from app.serving.package.manifest import read_manifest

__all__ = ["NO_VERSION", "Found", "Source", "open_source"]

NO_VERSION = 0  # of a folder that is of no registry


@dataclass(frozen=True)
class Found:
    """A version of a model, and where its package lies."""

    name: str
    version: int  # 0: the folder is of no registry
    folder: PackageFolder


class Source(Protocol):
    """What can be asked again and again which version is meant."""

    def find(self) -> Found:
        """The version that is meant now.

        Raises:
            PackageError, RegistryError: there is none.
        """


@dataclass(frozen=True)
class _Folder:
    found: Found

    def find(self) -> Found:
        return self.found


class _Reference:
    def __init__(self, reference: str, root: str) -> None:
        from app.serving.registry.registry import Registry

        self._reference, self._registry = reference, Registry(root)

    def find(self) -> Found:
        version = self._registry.find(self._reference)
        # another model may come into the registry: `champion` goes on to mean the one that it meant at first
        self._reference = f"{version.name}@{version.alias or version.number}"
        return Found(version.name, version.number, version.folder)


def open_source(model: str, registry: str) -> Source:
    """The source that `--model` names: a folder with a manifest, or else a reference.

    Raises:
        PackageError, RegistryError: neither is there.
    """
    path = Path(model)
    if (path / "manifest.json").is_file():
        folder = PackageFolder(path)
        return _Folder(Found(read_manifest(folder).name, NO_VERSION, folder))
    source = _Reference(model, registry)
    source.find()
    return source
