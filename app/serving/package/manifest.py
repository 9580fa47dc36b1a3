"""The manifest of a package: what it is, where it came from, how good and how fast, and the digest of every file."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.checksums import DamagedError, seal_document, unseal_document
from app.errors import PackageError
from app.layout import PackageFolder
from app.results import Artefact, DatasetRecord, write_atomically
from app.schema import NAME

__all__ = [
    "Manifest",
    "PackageScore",
    "PackageTiming",
    "Parity",
    "Source",
    "parse_manifest",
    "read_manifest",
    "verify_package",
    "write_manifest",
]

REMEDY = "take another version, or make the package anew"


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Source(_Record):
    """The run that trained the model."""

    benchmark: str
    run_id: str
    architecture: str
    family: str
    checkpoint: str | None = None
    seed: int
    hyperparameters: Mapping[str, object]
    git: str = ""  # the commit of the project that trained it


class PackageScore(_Record):
    """The metric that ranked the run, of the packaged graph itself on the whole reported split."""

    metric: str
    split: str
    direction: Literal["max", "min"]
    value: float
    low: float | None = None  # 95 % interval over examples
    high: float | None = None
    rows: int
    trained: float  # what the run itself recorded, by torch


class Parity(_Record):
    """The packaged graph against the predictions that the run has left, on the whole reported split."""

    rows: int
    agreement: float  # share of the rows with the same prediction
    largest_difference: float  # of a probability, a number, or a mean loss in nats


class PackageTiming(_Record):
    """One graph of the model, as fast as it was while the package was made."""

    precision: Literal["fp32", "int8"]
    batch_size: int
    sequence_length: int
    p50_seconds: float
    threads: int
    size_bytes: int
    score: float  # the metric of this graph on the same split


class Manifest(_Record):
    """The record of a package; the version is for a registry to give."""

    schema_version: Literal[1] = 1
    name: Annotated[str, Field(pattern=NAME, max_length=200)]  # of the benchmark that it won; folders are called so
    made: datetime
    kind: str  # of the task
    labels: tuple[str, ...] = ()  # the columns of the logits; none where the answer is a number
    text_columns: tuple[str, ...]
    max_length: int  # tokens, special ones included; of a language model the window it was trained on
    inputs: tuple[str, ...]  # of the graph: input_ids, attention_mask, for some models token_type_ids
    pad_token_id: int = 0
    unknown_token_id: int | None = None
    precision: Literal["fp32", "int8"]
    precision_reason: str  # why this one, in words
    temperature: float = 1.0  # divides logits before the softmax; fitted on validation
    parameters: int
    source: Source
    dataset: DatasetRecord
    score: PackageScore
    parity: Parity
    timings: tuple[PackageTiming, ...] = ()
    files: Mapping[str, Artefact] = {}

    @property
    def size_bytes(self) -> int:
        """Of the graph."""
        return self.files["model.onnx"].bytes


def write_manifest(folder: PackageFolder, manifest: Manifest) -> Manifest:
    """Write it last, with the digest of every file that lies in the folder by then; returns it with these."""
    files = {path.name: _measure(path) for path in folder.contents() if path != folder.manifest}
    manifest = manifest.model_copy(update={"files": files})
    document = manifest.model_dump(mode="json")
    document = {"schema": document.pop("schema_version"), **document}
    write_atomically(folder.manifest, seal_document(document))
    return manifest


def read_manifest(folder: PackageFolder) -> Manifest:
    """The manifest in the folder.

    Raises:
        PackageError: there is none, it was altered, or it is of another schema.
    """
    try:
        content = folder.manifest.read_bytes()
    except FileNotFoundError:
        raise PackageError(f"{folder.path}: is no package, it has no {folder.manifest.name}") from None
    except OSError as error:
        raise PackageError(f"{folder.manifest}: cannot be read ({error.strerror})") from None
    return parse_manifest(content, str(folder.manifest))


def parse_manifest(content: bytes, place: str) -> Manifest:
    """The manifest that a file holds; `place` says in a message where it lies.

    Raises:
        PackageError: it was altered, or is of another schema.
    """
    try:
        document = unseal_document(content)
        document["schema_version"] = document.pop("schema")
        return Manifest.model_validate(document)
    except DamagedError as error:
        raise PackageError(f"{place}: {error}; {REMEDY}") from None
    except (KeyError, ValidationError):
        raise PackageError(f"{place}: is no manifest of this schema; {REMEDY}") from None


def verify_package(folder: PackageFolder) -> Manifest:
    """The manifest, after every file has been held against its digest.

    Raises:
        PackageError: a file is gone, or a byte of it has changed.
    """
    manifest = read_manifest(folder)
    needed = (folder.model, folder.tokenizer, folder.labels)
    if missing := [path.name for path in needed if path.name not in manifest.files]:
        raise PackageError(f"{folder.manifest}: has no checksum of {', '.join(missing)}; {REMEDY}")
    for name, known in manifest.files.items():
        path = folder.path / name
        if path.parent != folder.path:
            raise PackageError(f"{folder.manifest}: names a file outside of the package, {name}")
        try:
            found = _measure(path)
        except OSError as error:
            raise PackageError(f"{path}: cannot be read ({error.strerror}); {REMEDY}") from None
        if found != known:
            raise PackageError(f"{path}: is not the file that was packaged: its checksum differs; {REMEDY}")
    return manifest


def _measure(path: Path) -> Artefact:
    with path.open("rb") as file:  # not read as a whole: a server that opens another version has little room
        digest = hashlib.file_digest(file, "sha256")
        return Artefact(bytes=file.tell(), sha256=digest.hexdigest())
