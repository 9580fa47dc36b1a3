"""A package, opened: rows of text to logits, by ONNX Runtime on the CPU."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import onnxruntime

from app.errors import PackageError
from app.layout import PackageFolder
from app.serving.engine.tokens import Encoded, Encoder, Row
from app.serving.package.manifest import Manifest, verify_package

__all__ = ["Engine", "Logits"]

Logits = npt.NDArray[np.float32]


class Engine:
    """One version of a model, ready to answer. Its methods may be called by several threads at once."""

    def __init__(self, folder: PackageFolder, *, threads: int = 1) -> None:
        """Open the package, after each of its files has been held against its checksum.

        Args:
            folder: of the package.
            threads: that one forward pass computes with.

        Raises:
            PackageError: a file of it is not what was packaged, or cannot be loaded.
        """
        self.manifest: Manifest = verify_package(folder)
        try:
            self.encoder = Encoder(folder, self.manifest)
        except Exception as error:  # of tokenizers, of any class
            raise PackageError(f"{folder.tokenizer}: cannot be read ({error}); make the package anew") from error
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # threads that wait for work sleep: turning in circles they would take the cores that answer requests
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 3  # errors
        try:
            self._session = onnxruntime.InferenceSession(str(folder.model), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # of ONNX Runtime, of several classes
            raise PackageError(f"{folder.model}: ONNX Runtime cannot load it ({error})") from error

    def encode(self, rows: Sequence[Row]) -> list[Encoded]:
        """The rows as tokens, in their order."""
        return self.encoder.encode(rows)

    def compute(self, rows: Sequence[Encoded]) -> Logits:
        """Logits of one batch: (rows, classes); where tokens are answered, (rows, longest of them, classes)."""
        found: Logits = self._session.run(None, self.encoder.pad(rows))[0]
        return found

    def compute_all(self, rows: Sequence[Encoded], *, tokens: int = 4096) -> list[Logits]:
        """Logits of each row, in their order, in batches of similar length and of at most so many tokens."""
        found: list[Logits] = [np.empty(0, dtype=np.float32)] * len(rows)
        for batch in _by_length([len(row) for row in rows], tokens):
            for place, logits in zip(batch, self.compute([rows[place] for place in batch]), strict=True):
                found[place] = logits
        return found


def _by_length(lengths: Sequence[int], tokens: int) -> list[list[int]]:
    """Places in batches, longest first: padded to its first row, a batch has at most `tokens` tokens, or one row."""
    batches: list[list[int]] = []
    for place in sorted(range(len(lengths)), key=lambda place: -lengths[place]):
        if not batches or (len(batches[-1]) + 1) * lengths[batches[-1][0]] > tokens:
            batches.append([])
        batches[-1].append(place)
    return batches
