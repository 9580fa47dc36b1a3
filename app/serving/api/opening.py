"""A version of a model, opened and warm: its first request is as fast as the next."""

from __future__ import annotations

from app.errors import PackageError
from app.layout import PackageFolder
from app.serving.api.limits import BATCH_TOKENS
from app.serving.engine.engine import Engine
from app.tasks import MASKED

__all__ = ["open_engine"]

WORD = "the"


def open_engine(folder: PackageFolder, threads: int) -> Engine:
    """The engine of a package, after it has answered a short text and a batch as large as any: it has all its memory.

    Raises:
        PackageError: the package is damaged, cannot be loaded, or does not compute.
    """
    engine = Engine(folder, threads=threads)
    manifest = engine.manifest
    if manifest.kind == MASKED.name:
        raise PackageError(f"{folder.path}: a masked language model has no answers that could be served")
    columns = len(manifest.text_columns)
    short, long = (WORD,) * columns, (f"{WORD} " * manifest.max_length,) * columns
    try:
        (row,) = engine.encode([short])
        engine.compute([row])
        (row,) = engine.encode([long])
        engine.compute([row] * max(1, BATCH_TOKENS // len(row)))
    except Exception as error:  # of tokenizers or ONNX Runtime, of any class
        raise PackageError(f"{folder.path}: the model does not compute ({error})") from error
    return engine
