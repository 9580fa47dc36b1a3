"""Nested state with tensors in it, as a sealed JSON document and a file of safetensors beside it."""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file

from app.checksums import DamagedError, seal_document, unseal_document
from app.results import write_atomically

__all__ = ["read_snapshot", "write_snapshot"]

_DOCUMENT = "state.json"
_TENSORS = "tensors-{number}.safetensors"


def write_snapshot(folder: Path, state: Mapping[str, Any], number: int) -> None:
    """Keep `state` in `folder`, in place of what is kept there; after a crash a reader finds the one or the other.

    Args:
        folder: made if it is not there.
        state: mappings, lists and tuples of tensors, arrays, numbers, texts, None.
        number: of this snapshot, larger than that of the one before.

    Raises:
        OSError: it cannot be written; the one before stays.
        TypeError: there is something else in `state`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tensors: dict[str, torch.Tensor] = {}
    packed = _pack(state, "", tensors)
    path = folder / _TENSORS.format(number=number)
    try:
        save_file(tensors, path)
        with path.open("r+b") as file:
            os.fsync(file.fileno())
        document = {"schema": 1, "tensors": path.name, "sha256": _digest(path), "state": packed}
        write_atomically(folder / _DOCUMENT, seal_document(document))
    except Exception as error:
        path.unlink(missing_ok=True)
        if isinstance(error, OSError | TypeError):
            raise
        raise OSError(f"{path}: cannot be written ({error})") from None  # safetensors has an error of its own
    for older in folder.glob(_TENSORS.format(number="*")):
        if older != path:
            older.unlink(missing_ok=True)


def read_snapshot(folder: Path) -> Any:
    """The state that is kept in `folder`, its tensors on the CPU; None where there is none that is whole."""
    try:
        document = unseal_document((folder / _DOCUMENT).read_bytes())
        path = folder / document["tensors"]
        if document["schema"] != 1 or _digest(path) != document["sha256"]:
            return None
        return _unpack(document["state"], load_file(path))
    except (OSError, KeyError, TypeError, DamagedError):
        return None


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _pack(value: Any, name: str, tensors: dict[str, torch.Tensor]) -> Any:
    """What JSON has words for; a mapping that it is not is marked by its kind."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, torch.Tensor):
        tensors[name] = value.detach().cpu().contiguous().clone()
        return {"tensor": name}
    if isinstance(value, np.ndarray):
        return {"array": value.tolist(), "dtype": str(value.dtype)}
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else {"float": repr(float(value))}
    if isinstance(value, Mapping):
        return {"items": [[key, _pack(item, f"{name}/{key}", tensors)] for key, item in value.items()]}
    if isinstance(value, list | tuple):
        kind = "tuple" if isinstance(value, tuple) else "list"
        return {kind: [_pack(item, f"{name}/{place}", tensors) for place, item in enumerate(value)]}
    raise TypeError(f"{name}: a {type(value).__name__} cannot be kept")


def _unpack(value: Any, tensors: Mapping[str, torch.Tensor]) -> Any:
    if not isinstance(value, dict):
        return value
    kind = next(iter(value))
    if kind == "tensor":
        return tensors[value["tensor"]]
    if kind == "array":
        return np.asarray(value["array"], dtype=value["dtype"])
    if kind == "float":
        return float(value["float"])
    if kind == "items":
        return {key: _unpack(item, tensors) for key, item in value["items"]}
    items = [_unpack(item, tensors) for item in value[kind]]
    return tuple(items) if kind == "tuple" else items
