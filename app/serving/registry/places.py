"""Where a registry lies: a folder of this machine, or what fsspec reaches by a URL."""

from __future__ import annotations

import hashlib
import inspect
import os
import re
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, TypeVar

from app.errors import PackageError, RegistryError
from app.layout import PackageFolder, cache_folder
from app.results import settle_folder
from app.serving.package.manifest import verify_package

__all__ = ["Place", "open_place"]

Found = TypeVar("Found")
FIRST = "events/1.json"  # whoever has it is a model of the registry


class Place(Protocol):
    """What a registry asks of where it lies. Paths are relative to its root, with `/` between their parts."""

    def names(self) -> list[str]:
        """The models that have a first event."""

    def read(self, path: str) -> bytes | None:
        """The whole of a file; None where there is none."""

    def create(self, path: str, content: bytes) -> bool:
        """Write a file that is whole from the moment it is there; False where there is one already."""

    def put(self, name: str, folder: PackageFolder, number: int) -> int:
        """Copy a package to `<name>/<number>/`, or the next number that is free; which it is."""

    def fetch(self, name: str, number: int) -> PackageFolder:
        """The package as a folder of this machine."""


def open_place(root: str) -> Place:
    """The place that a folder or a URL names; `file://` and `local://` are folders.

    Raises:
        RegistryError: fsspec does not know such URLs, or cannot keep two writers of such a place apart.
    """
    kind, separator, path = root.rpartition("://")
    if not separator:
        return _Folder(Path(root))
    return _Folder(Path(path)) if kind in ("file", "local") else _Remote(root)


class _Folder:
    def __init__(self, root: Path) -> None:
        self._root = root

    def names(self) -> list[str]:
        try:
            return sorted(path.name for path in self._root.iterdir() if (path / FIRST).is_file())
        except FileNotFoundError:
            return []
        except OSError as error:
            raise RegistryError(f"{self._root}: cannot be read ({error.strerror})") from None

    def read(self, path: str) -> bytes | None:
        try:
            return (self._root / path).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise RegistryError(f"{self._root / path}: cannot be read ({error.strerror})") from None

    def create(self, path: str, content: bytes) -> bool:
        target = self._root / path
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=".new-")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                Path(temporary).chmod(0o644)
                target.hardlink_to(temporary)  # which, unlike a rename, replaces nothing
                settle_folder(target.parent)
            finally:
                Path(temporary).unlink(missing_ok=True)
        except FileExistsError:
            return False
        except OSError as error:
            raise RegistryError(f"{target}: cannot be written ({error.strerror})") from None
        return True

    def put(self, name: str, folder: PackageFolder, number: int) -> int:
        home = self._root / name
        try:
            home.mkdir(parents=True, exist_ok=True)
            temporary = Path(tempfile.mkdtemp(dir=home, prefix=".new-"))
            try:
                for path in folder.contents():
                    _copy_through(path, temporary / path.name)
                temporary.chmod(0o755)
                settle_folder(temporary)
                while not _take_name(temporary, home / str(number)):
                    number += 1
                settle_folder(home)
            finally:
                shutil.rmtree(temporary, ignore_errors=True)
        except OSError as error:
            raise RegistryError(f"{home}: cannot be written ({error.strerror})") from None
        return number

    def fetch(self, name: str, number: int) -> PackageFolder:
        return PackageFolder(self._root / name / str(number))


def _copy_through(source: Path, target: Path) -> None:
    """Copy a file, and come back when it is on the disk."""
    with source.open("rb") as given, target.open("xb") as file:
        shutil.copyfileobj(given, file, 1 << 20)
        file.flush()
        os.fsync(file.fileno())


def _take_name(folder: Path, target: Path) -> bool:
    """Rename a folder; False where the name is taken, by a folder that is not empty as no package is."""
    try:
        folder.rename(target)
    except OSError:
        if target.exists():
            return False
        raise
    return True


class _Remote:
    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        try:
            import fsspec
            from fsspec.spec import AbstractFileSystem
        except ImportError:
            raise RegistryError(f"{url}: URLs need the package fsspec; install it, or give a folder") from None
        try:
            found: tuple[Any, str] = fsspec.url_to_fs(self._url, use_listings_cache=False)
        except (ImportError, ValueError) as error:
            raise RegistryError(f"{url}: fsspec cannot open it ({error})") from None
        self._system, self._root = found
        pipe = getattr(type(self._system), "_pipe_file", type(self._system).pipe_file)
        # fsspec's own way looks whether there is a file and then writes one: two writers may both be told it was they
        if pipe is AbstractFileSystem.pipe_file or "mode" not in inspect.signature(pipe).parameters:
            remedy = "two writers could overwrite each other there; give a folder, or another kind of store"
            raise RegistryError(f"{url}: its driver cannot create a file only where there is none; {remedy}")

    def names(self) -> list[str]:
        found = self._ask(lambda: self._system.ls(self._root, detail=False)) or []
        names = sorted(path.rstrip("/").rsplit("/", 1)[-1] for path in found)
        return [name for name in names if self.read(f"{name}/{FIRST}") is not None]

    def read(self, path: str) -> bytes | None:
        return self._ask(lambda: bytes(self._system.cat_file(self._at(path))))

    def create(self, path: str, content: bytes) -> bool:
        try:
            self._system.pipe_file(self._at(path), content, mode="create")
        except FileExistsError:
            return False
        except Exception as error:  # of the store, of any class
            raise RegistryError(f"{self._url}/{path}: cannot be written ({error})") from error
        return True

    def put(self, name: str, folder: PackageFolder, number: int) -> int:
        manifest = folder.manifest.read_bytes()
        while not self.create(f"{name}/{number}/{folder.manifest.name}", manifest):  # nobody else gets that number now
            number += 1
        for path in folder.contents():
            if path != folder.manifest:
                self.create(f"{name}/{number}/{path.name}", path.read_bytes())
        return number

    def fetch(self, name: str, number: int) -> PackageFolder:
        key = hashlib.sha256(self._url.encode()).hexdigest()[:16]
        target = cache_folder() / "registry" / key / name / str(number)
        if target.exists():
            return PackageFolder(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".new-") as scratch:
            fetched = Path(scratch) / "package"
            fetched.mkdir()
            for path in self._ask(lambda: self._system.ls(self._at(f"{name}/{number}"), detail=False)) or []:
                file = path.rsplit("/", 1)[-1]
                if re.fullmatch(r"[\w.-]+", file) and not file.startswith("."):
                    (fetched / file).write_bytes(self.read(f"{name}/{number}/{file}") or b"")
            try:
                verify_package(PackageFolder(fetched))
            except PackageError as error:
                raise RegistryError(f"{self._url}/{name}/{number}: {error}") from None
            _take_name(fetched, target)  # unless another process was first
        return PackageFolder(target)

    def _at(self, path: str) -> str:
        return f"{self._root}/{path}" if self._root else path

    def _ask(self, question: Callable[[], Found]) -> Found | None:
        """The answer of the store; None where it has nothing by that name."""
        try:
            self._system.invalidate_cache()
            return question()
        except FileNotFoundError:
            return None
        except Exception as error:  # of the store, of any class
            raise RegistryError(f"{self._url}: cannot be reached ({error})") from error
