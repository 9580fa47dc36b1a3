"""Whether a checkpoint can be loaded, asked before anything runs: a look at its files, or at the hub."""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Iterable
from pathlib import Path

from app.errors import CheckpointError, HubError, UsageError
from app.tasks import CAUSAL, DECODERS

__all__ = [
    "check_checkpoint",
    "check_checkpoints",
    "check_kinds",
    "fetch_checkpoints",
    "find_config",
    "fingerprint_checkpoint",
]

HUB_SECONDS = 5.0  # for one answer of the hub

_CONFIG = "config.json"
_WEIGHTS = "*.safetensors"
_PICKLES = ("pytorch_model*.bin", "*.pt", "*.pth", "*.ckpt")
_TOKENIZERS = (
    "tokenizer.json",
    "vocab.txt",
    "vocab.json",
    "spiece.model",
    "spm.model",
    "sentencepiece.bpe.model",
)
# a failed connection raises an exception of the HTTP library, which differs by version of huggingface_hub
_HTTP_CLIENTS = ("requests", "httpx", "httpx2")
_MAX_HEADER = 100_000_000  # bytes, the limit of the safetensors format

_CONVERT = (
    "pickled weights can run code when they are loaded; convert them on a machine that may: "
    "AutoModel.from_pretrained(SOURCE).save_pretrained(FOLDER) writes model.safetensors, and "
    "AutoTokenizer.from_pretrained(SOURCE).save_pretrained(FOLDER) the tokenizer beside it"
)


def check_checkpoints(checkpoints: Iterable[str]) -> None:
    """Check each of them, and tell of all that cannot be used at once.

    Raises:
        UsageError: as `check_checkpoint` does; of several the kind of the first, with a line for each.
    """
    errors: list[UsageError] = []
    for checkpoint in dict.fromkeys(checkpoints):
        try:
            check_checkpoint(checkpoint)
        except (CheckpointError, HubError) as error:
            errors.append(error)
    if errors:
        raise type(errors[0])("\n".join(str(error) for error in errors))


def check_kinds(checkpoints: Iterable[str], kind: str) -> None:
    """Return if none of the checkpoints on this machine is of a family that the kind of task cannot use.

    Raises:
        CheckpointError: one reads from left to right alone and the task does not, or the other way round.
    """
    for checkpoint in dict.fromkeys(checkpoints):
        folder = _folder(checkpoint) or _cached(checkpoint)
        if folder is None:
            continue
        family = json.loads((folder / _CONFIG).read_text(encoding="utf-8")).get("model_type")
        if (family in DECODERS) != (kind == CAUSAL.name):
            reads = "reads from left to right alone" if family in DECODERS else "reads both sides of a token"
            raise CheckpointError(f"{checkpoint}: a {family} {reads}: it is no model for task.kind {kind}")


def fetch_checkpoints(checkpoints: Iterable[str]) -> None:
    """Bring what lies on the hub into the local cache, once: the runs then read it from there, all the same commit.

    Raises:
        HubError: the hub stopped answering.
    """
    from huggingface_hub import snapshot_download

    for checkpoint in dict.fromkeys(checkpoints):
        if _folder(checkpoint) is None and _cached(checkpoint) is None:
            try:
                snapshot_download(checkpoint, allow_patterns=["*.json", _WEIGHTS, *_TOKENIZERS, "merges.txt"])  # nosec B615
            except OSError as error:
                raise HubError(f"{checkpoint}: could not be fetched from the hub ({error}); try again") from error


def check_checkpoint(checkpoint: str) -> None:
    """Return if the weights, the configuration and the tokenizer of `checkpoint` are there, and safe to load.

    Args:
        checkpoint: a folder (what exists as a path, or begins with `./`, `../`, `/` or `~`), or the id of a
            model on the hub, which is looked for in the local cache first.

    Raises:
        CheckpointError: something is missing, broken, pickled, or would need code from elsewhere.
        HubError: it is not on this machine and the hub does not answer.
    """
    if (folder := _folder(checkpoint)) is not None:
        _check_folder(folder)
    elif (cached := _cached(checkpoint)) is not None:
        _check_folder(cached)
    else:
        _check_hub(checkpoint)


def fingerprint_checkpoint(checkpoint: str) -> str:
    """A hex digest that changes when the checkpoint does: of a folder's files, or of a hub id and its commit.

    The commit is the one in the local cache, which is what the runs read; before anything was fetched the id stands
    alone.
    """
    digest = hashlib.sha256()
    folder = _folder(checkpoint)
    if folder is None:
        digest.update(checkpoint.encode())
        cached = _cached(checkpoint)
        # the cache keeps a snapshot in a folder that is named by its commit
        digest.update(cached.name.encode() if cached else b"")
        return digest.hexdigest()
    tokenizers = (folder / name for name in _TOKENIZERS)
    for path in sorted({*folder.glob("*.json"), *folder.glob(_WEIGHTS), *tokenizers}):
        if path.is_file():
            with path.open("rb") as file:
                digest.update(f"{path.name}\0{hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
    return digest.hexdigest()


def find_config(checkpoint: str) -> Path | None:
    """The configuration of a checkpoint, in its folder or in the local cache; None where it is on the hub alone."""
    folder = _folder(checkpoint) or _cached(checkpoint)
    return folder / _CONFIG if folder is not None and (folder / _CONFIG).is_file() else None


def _folder(checkpoint: str) -> Path | None:
    path = Path(checkpoint).expanduser()
    is_local = checkpoint.startswith(("./", "../", "/", "~")) or checkpoint in (".", "..") or path.exists()
    return path if is_local else None


def _check_folder(folder: Path) -> None:
    if not folder.exists():
        raise CheckpointError(
            f"{folder}: no such folder; give the folder of a saved model, or the id of one on the hub"
        )
    if not folder.is_dir():
        raise CheckpointError(f"{folder}: is a file; give the folder that holds {_CONFIG} and *.safetensors")
    _check_config(folder / _CONFIG)
    weights = sorted(folder.glob(_WEIGHTS))
    if not weights:
        pickles = [path.name for pattern in _PICKLES for path in sorted(folder.glob(pattern))]
        if pickles:
            raise CheckpointError(f"{folder}: has {pickles[0]} but no *.safetensors; {_CONVERT}")
        raise CheckpointError(f"{folder}: has no weights (*.safetensors); save it with save_pretrained")
    for path in weights:
        _check_header(path)
    if not any((folder / name).is_file() for name in _TOKENIZERS):
        raise CheckpointError(
            f"{folder}: has no tokenizer (none of {', '.join(_TOKENIZERS)}); save one with save_pretrained"
        )


def _check_config(path: Path) -> None:
    if not path.is_file():
        raise CheckpointError(f"{path.parent}: has no {_CONFIG}; give the folder that save_pretrained wrote")
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise CheckpointError(f"{path}: is not JSON ({error}); fetch or save the model again") from error
    kind = config.get("model_type") if isinstance(config, dict) else None
    if not kind and isinstance(config, dict) and config.get("auto_map"):
        raise CheckpointError(
            f"{path}: asks for code of its own (auto_map), which is never run; give a model whose model_type "
            "transformers knows"
        )
    if not isinstance(kind, str) or not kind:
        raise CheckpointError(f'{path}: has no model_type; add the one it was saved with, as in "model_type": "bert"')
    if config.get("auto_map") and not _is_known(kind):
        raise CheckpointError(
            f"{path}: the model_type {kind!r} needs code of its own (auto_map), which is never run; "
            "give a model whose model_type transformers knows"
        )


def _is_known(kind: str) -> bool:
    # names only: no model code is imported. Costs the import of transformers, and only for the rare auto_map.
    from transformers import CONFIG_MAPPING

    return kind in CONFIG_MAPPING


def _check_header(path: Path) -> None:
    """A safetensors file: 8 bytes of length (little-endian), that much JSON, tensors to the last byte."""
    size = path.stat().st_size
    try:
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            if length > min(_MAX_HEADER, size - 8):
                raise ValueError("its header is longer than the file")
            header = json.loads(file.read(length))
        ends = [entry["data_offsets"][1] for name, entry in header.items() if name != "__metadata__"]
        if 8 + length + max(ends, default=0) != size:
            raise ValueError(f"its header describes {8 + length + max(ends, default=0)} bytes, the file has {size}")
    except (struct.error, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CheckpointError(
            f"{path}: is no whole safetensors file ({error}); fetch or save the model again"
        ) from error


def _cached(checkpoint: str) -> Path | None:
    """The snapshot of a hub model in the local cache, if its configuration and weights are there."""
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        found = try_to_load_from_cache(checkpoint, _CONFIG)
    except HFValidationError as error:
        raise CheckpointError(
            f"{checkpoint}: neither a folder nor a hub id (OWNER/NAME); a folder that is not there yet is "
            f"given as ./{checkpoint}"
        ) from error
    # a configuration alone may have been looked up by other programs
    snapshot = Path(found).parent if isinstance(found, str) else None
    return snapshot if snapshot is not None and any(snapshot.glob(_WEIGHTS)) else None


def _check_hub(checkpoint: str) -> None:
    from huggingface_hub import HfApi
    from huggingface_hub.errors import (
        GatedRepoError,
        HfHubHTTPError,
        OfflineModeIsEnabled,
        RepositoryNotFoundError,
    )

    try:
        names = _sibling_names(HfApi().model_info(checkpoint, timeout=HUB_SECONDS).siblings or ())
    except GatedRepoError as error:
        raise CheckpointError(
            f"{checkpoint}: its owner gives access on request; ask for it, then set HF_TOKEN"
        ) from error
    except RepositoryNotFoundError as error:
        raise CheckpointError(
            f"{checkpoint}: the hub has no such model, or a private one; check the id, or set HF_TOKEN"
        ) from error
    except Exception as error:
        expected = isinstance(error, HfHubHTTPError | OfflineModeIsEnabled | OSError)
        if not expected and type(error).__module__.partition(".")[0] not in _HTTP_CLIENTS:
            raise
        is_offline = isinstance(error, OfflineModeIsEnabled)
        reason = "HF_HUB_OFFLINE is set" if is_offline else "the hub cannot be reached"
        entry = f"{{name: {checkpoint.rpartition('/')[2]}, checkpoint: FOLDER}}"
        raise HubError(
            f"{checkpoint}: is not on this machine and {reason} ({type(error).__name__}). To run offline "
            f"give a local folder, --set 'architectures=[{entry}]', or set HF_HOME to a filled cache"
        ) from error
    if not any(name.endswith(".safetensors") for name in names):
        has_pickle = any(name.endswith((".bin", ".pt", ".ckpt")) for name in names)
        raise CheckpointError(
            f"{checkpoint}: has no *.safetensors on the hub" + (f"; {_CONVERT}" if has_pickle else "")
        )


def _sibling_names(siblings: Iterable[object]) -> list[str]:
    return [str(getattr(sibling, "rfilename", "")) for sibling in siblings]
