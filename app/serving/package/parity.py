"""Whether a packaged graph says what its run has said, row by row of the whole reported split."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from app.errors import PackageError
from app.serving.package.manifest import Parity
from app.tasks import CAUSAL, CLASSIFICATION, REGRESSION

__all__ = ["check_parity", "measure_parity"]

# Shares of the rows that may get another prediction, and how far apart the figures behind them may be. A run that was
# computed in bf16 has about three digits: rows that are nearly undecided then come out either way.
DIFFERENT = {"fp32": 0.001, "bf16": 0.01}
FARTHEST = {"fp32": 0.01, "bf16": 0.25}
SAME = {"fp32": 0.001, "bf16": 0.05}  # numbers and losses as near as that, in standard deviations, say the same


def measure_parity(kind: str, packaged: pd.DataFrame, run: Path, *, precision: str) -> Parity:
    """Hold predictions of a package against those at `run`.

    Args:
        kind: of the task.
        packaged: rows as a run writes them, uncalibrated.
        run: predictions.parquet of the run.
        precision: that the run was computed in.

    Raises:
        PackageError: they are not of the same rows.
    """
    known = pd.read_parquet(run)
    if len(known) != len(packaged) or not np.array_equal(known["id"], packaged["id"]):
        raise PackageError(f"{run}: has {len(known):,} rows, the reported split {len(packaged):,}; run it again")
    if kind == CAUSAL.name:
        ours, theirs = packaged["nll"] / packaged["tokens"], known["nll"] / known["tokens"]
        return _of_numbers(ours.to_numpy(), theirs.to_numpy(), SAME[precision])
    if kind == REGRESSION.name:
        theirs = known["prediction"]
        return _of_numbers(packaged["prediction"].to_numpy(), theirs.to_numpy(), SAME[precision])
    if kind == CLASSIFICATION.name:
        same = packaged["prediction"].to_numpy() == known["prediction"].to_numpy()
        apart = np.abs(np.stack(list(packaged["scores"])) - np.stack(list(known["scores"])))
        return Parity(rows=len(known), agreement=float(same.mean()), largest_difference=float(apart.max()))
    pairs = zip(packaged["prediction"], known["prediction"], strict=True)  # tags: the share of a sentence's words
    apart = np.asarray([np.mean(np.asarray(ours) != np.asarray(theirs)) for ours, theirs in pairs])
    return Parity(rows=len(known), agreement=float((apart == 0).mean()), largest_difference=float(apart.max()))


def check_parity(kind: str, parity: Parity, *, precision: str) -> None:
    """Return if the graph says the same as the run.

    Raises:
        PackageError: it does not; the message says by how much.
    """
    allowed = int(parity.rows * DIFFERENT[precision]) if precision == "fp32" else _at_least_one(parity.rows)
    different = round((1 - parity.agreement) * parity.rows)
    too_far = kind in (CLASSIFICATION.name, CAUSAL.name) and not parity.largest_difference <= FARTHEST[precision]
    if different <= allowed and not too_far:
        return
    raise PackageError(
        f"the exported graph does not say what the run has said: {different:,} of {parity.rows:,} rows differ "
        f"(at most {allowed:,} may), by {parity.largest_difference:.3g} at most; nothing was packaged. "
        "Run the benchmark again by --force, and report it if that does not help"
    )


def _at_least_one(rows: int) -> int:
    return max(1, int(rows * DIFFERENT["bf16"]))


def _of_numbers(ours: npt.NDArray[Any], theirs: npt.NDArray[Any], same: float) -> Parity:
    apart = np.abs(ours - theirs)
    near = same * max(float(np.std(theirs)), 1e-6)
    return Parity(rows=len(ours), agreement=float((apart <= near).mean()), largest_difference=float(apart.max()))
